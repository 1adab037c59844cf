-- mart: turnaround
-- grain: corpus
-- key: provider, recording_id
-- dialect: duckdb
-- description:
--   One row per recording with a transcript: how long from upload until the transcript was here. Neither vendor tells
--   when it was done, so this is the time at which a sync first had it, an upper bound. NULL for a recording that was
--   older than backfill_days when a sync first saw it. Not portable: engines name the difference of moments differently.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   created_at TIMESTAMP [UTC]: when it was uploaded or submitted
--   first_fetched_at TIMESTAMP [UTC]: when its first transcript was fetched
--   turnaround_ms BIGINT [ms]: from one to the other; NULL when not known
--   duration_ms INTEGER [ms]: length of the media; NULL when not known
--   real_time_factor DOUBLE: turnaround_ms over duration_ms; NULL when one of them is not known
WITH fetched AS (
    SELECT provider, recording_id, min(fetched_at) AS first_fetched_at
    FROM raw_payloads
    WHERE variant = 'latest'
    GROUP BY provider, recording_id
),
measured AS (
    SELECT
        r.provider,
        r.recording_id,
        r.created_at,
        f.first_fetched_at,
        CASE
            WHEN date_diff('second', r.created_at, r.first_seen_at) <= 86400 * th.backfill_days
                AND f.first_fetched_at >= r.created_at
                THEN date_diff('millisecond', r.created_at, f.first_fetched_at)
        END AS turnaround_ms,
        r.duration_ms
    FROM recordings AS r
    CROSS JOIN thresholds AS th
    JOIN fetched AS f ON f.provider = r.provider AND f.recording_id = r.recording_id
)
SELECT *, turnaround_ms / nullif(duration_ms, 0) AS real_time_factor
FROM measured
