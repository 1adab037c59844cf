-- mart: simultaneous_speech
-- grain: transcript
-- key: provider, recording_id, variant, start_ms
-- stored: no
-- description:
--   One row per stretch of time with a constant number of speakers, from the first inter-pausal unit to the last,
--   silence included. The unknown speaker counts as one.
-- columns:
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   speakers BIGINT: how many speak
--   untimed BOOLEAN: true where words without a known time may have been said too
WITH edges AS (
    SELECT provider, recording_id, variant, start_ms AS at_ms, 1 AS change, 0 AS hidden FROM speech_units
    UNION ALL
    SELECT provider, recording_id, variant, end_ms AS at_ms, -1 AS change, 0 AS hidden FROM speech_units
    UNION ALL
    SELECT provider, recording_id, variant, start_ms AS at_ms, 0 AS change, 1 AS hidden FROM untimed_stretches
    UNION ALL
    SELECT provider, recording_id, variant, end_ms AS at_ms, 0 AS change, -1 AS hidden FROM untimed_stretches
),
moments AS (
    SELECT provider, recording_id, variant, at_ms, sum(change) AS change, sum(hidden) AS hidden
    FROM edges
    GROUP BY provider, recording_id, variant, at_ms
),
running AS (
    SELECT
        provider,
        recording_id,
        variant,
        at_ms AS start_ms,
        lead(at_ms) OVER (PARTITION BY provider, recording_id, variant ORDER BY at_ms) AS end_ms,
        sum(change) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY at_ms
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS speakers,
        sum(hidden) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY at_ms
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretches
    FROM moments
)
SELECT provider, recording_id, variant, start_ms, end_ms, speakers, stretches > 0 AS untimed
FROM running
WHERE end_ms IS NOT NULL
