-- mart: turn_joins
-- grain: transcript
-- key: provider, recording_id, variant, turn_index
-- stored: no
-- description:
--   One row per turn as the vendor cut it, with the stretch of text it belongs to: neighbours of one speaker in the order
--   listed are joined, because a vendor's cut is no change of speaker. For measures of text alone; those of time have
--   talk_parts. The unknown speaker (NULL) is a speaker of its own.
-- columns:
--   turn_index INTEGER: position in the transcript, from 0
--   joined_index INTEGER: position of the stretch, from 0
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start; NULL when untimed or when the end lies before it
--   end_ms INTEGER [ms]: end; NULL as above
WITH marked AS (
    SELECT
        provider,
        recording_id,
        variant,
        turn_index,
        speaker,
        CASE WHEN start_ms <= end_ms THEN start_ms END AS start_ms,
        CASE WHEN start_ms <= end_ms THEN end_ms END AS end_ms,
        CASE
            WHEN row_number() OVER transcript = 1 THEN 0
            WHEN speaker IS DISTINCT FROM lag(speaker) OVER transcript THEN 1
            ELSE 0
        END AS changes
    FROM turns
    WINDOW transcript AS (PARTITION BY provider, recording_id, variant ORDER BY turn_index)
)
SELECT
    provider,
    recording_id,
    variant,
    turn_index,
    CAST(sum(changes) OVER (
        PARTITION BY provider, recording_id, variant ORDER BY turn_index
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS INTEGER) AS joined_index,
    speaker,
    start_ms,
    end_ms
FROM marked
