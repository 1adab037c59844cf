-- mart: usage_daily
-- grain: corpus
-- key: provider, day
-- description:
--   One row per provider and UTC day of creation: recordings by status, and minutes of media. Recordings that were
--   deleted at the vendor count too: they were used and paid for.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   day DATE: UTC date of creation
--   recordings BIGINT: recordings created
--   in_progress BIGINT: of those, still being worked on
--   completed BIGINT: of those, with a transcript
--   failed BIGINT: of those, failed
--   blocked BIGINT: of those, blocked by the vendor
--   duplicate BIGINT: of those, repeating an earlier one
--   unknown BIGINT: of those, in a status not documented
--   deleted BIGINT: of those, gone from the vendor since
--   minutes DOUBLE [minutes]: length of all recordings whose length is known
--   completed_minutes DOUBLE [minutes]: length of the completed ones
--   started_minutes BIGINT [minutes]: the same with each recording rounded up to a whole minute, as vendors charge
--   cost DECIMAL(18,2) [USD]: started_minutes at the configured rate; NULL when no rate is configured
WITH counted AS (
    SELECT
        provider,
        day,
        count(*) AS recordings,
        count(*) FILTER (WHERE status = 'in_progress') AS in_progress,
        count(*) FILTER (WHERE status = 'completed') AS completed,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        count(*) FILTER (WHERE status = 'blocked') AS blocked,
        count(*) FILTER (WHERE status = 'duplicate') AS duplicate,
        count(*) FILTER (WHERE status = 'unknown') AS unknown,
        count(*) FILTER (WHERE deleted_at IS NOT NULL) AS deleted,
        coalesce(sum(duration_ms), 0) / 60000 AS minutes,
        coalesce(sum(duration_ms) FILTER (WHERE status = 'completed'), 0) / 60000 AS completed_minutes,
        coalesce(sum(ceil(duration_ms / 60000)) FILTER (WHERE status = 'completed'), 0) AS started_minutes
    FROM recordings
    GROUP BY provider, day
)
SELECT
    c.provider,
    c.day,
    c.recordings,
    c.in_progress,
    c.completed,
    c.failed,
    c.blocked,
    c.duplicate,
    c.unknown,
    c.deleted,
    c.minutes,
    c.completed_minutes,
    c.started_minutes,
    CAST(CAST(c.started_minutes AS DECIMAL(12, 0)) * r.usd_per_minute AS DECIMAL(18, 2)) AS cost
FROM counted AS c
LEFT JOIN rates AS r ON r.provider = c.provider
