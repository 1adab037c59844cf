-- mart: simultaneous_speech
-- grain: transcript
-- key: provider, recording_id, variant, start_ms
-- stored: no
-- description:
--   One row per stretch of time with a constant number of speakers, from first to last turn, silence included. The
--   unknown speaker counts as one.
-- columns:
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   speakers BIGINT: how many speak
WITH edges AS (
    SELECT provider, recording_id, variant, start_ms AS at_ms, 1 AS change FROM speech_spans
    UNION ALL
    SELECT provider, recording_id, variant, end_ms AS at_ms, -1 AS change FROM speech_spans
),
moments AS (
    SELECT provider, recording_id, variant, at_ms, sum(change) AS change
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
        ) AS speakers
    FROM moments
)
SELECT provider, recording_id, variant, start_ms, end_ms, speakers
FROM running
WHERE end_ms IS NOT NULL
