-- backlog_now(): the backlog with the minutes each recording has waited until now. `now` is UTC, as the tables are.
--   SELECT * FROM backlog_now() WHERE waited_minutes > 60;
CREATE OR REPLACE MACRO backlog_now() AS TABLE
SELECT
    b.*,
    date_diff('minute', b.created_at, make_timestamp(epoch_us(now()))) AS waited_minutes
FROM backlog AS b
ORDER BY waited_minutes DESC NULLS LAST
