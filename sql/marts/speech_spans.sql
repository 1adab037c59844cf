-- mart: speech_spans
-- grain: transcript
-- key: provider, recording_id, variant, speaker, start_ms
-- stored: no
-- description:
--   One row per stretch in which one speaker speaks: spans of the vendor's turns, those of one speaker that touch or
--   overlap merged. Untimed and reversed turns have no span.
-- columns:
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
WITH marked AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        turn_index,
        start_ms,
        end_ms,
        CASE
            WHEN start_ms <= max(end_ms) OVER (
                PARTITION BY provider, recording_id, variant, speaker ORDER BY start_ms, turn_index
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0
            ELSE 1
        END AS begins
    FROM turn_joins
    WHERE start_ms IS NOT NULL
),
numbered AS (
    SELECT
        *,
        sum(begins) OVER (
            PARTITION BY provider, recording_id, variant, speaker ORDER BY start_ms, turn_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS span
    FROM marked
)
SELECT
    provider,
    recording_id,
    variant,
    speaker,
    min(start_ms) AS start_ms,
    max(end_ms) AS end_ms
FROM numbered
GROUP BY provider, recording_id, variant, speaker, span
