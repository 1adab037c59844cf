-- mart: overlap_evidence
-- grain: transcript
-- key: provider, recording_id, variant
-- stored: no
-- description:
--   One row per transcript: whether its times can show how speakers follow each other. An aligner that is told who
--   speaks cuts the time between them: where from abutting_transfers changes of speaker on at least abutting_percent
--   abut within abutting_ms, and at most abutting_overlaps_percent begin before the other ends, they tell of the aligner.
--   People who talk with each other overlap at some 40 in a hundred (Heldner and Edlund 2010): that none is seen says
--   more than how many abut.
-- columns:
--   transfers BIGINT: changes of speaker from one timed word to the next in order of time
--   abutting_transfers BIGINT: of those, within abutting_ms of the end before
--   overlapping_transfers BIGINT: of those, over abutting_ms before the other's end
--   shows_overlap BOOLEAN: false when the times cannot show latency, overlap or interruptions
WITH changes AS (
    SELECT
        provider,
        recording_id,
        variant,
        start_ms - max(end_ms) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY start_ms, end_ms DESC, word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS offset_ms,
        speaker IS DISTINCT FROM lag(speaker) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY start_ms, end_ms DESC, word_index
        ) AS other
    FROM word_units
    WHERE start_ms IS NOT NULL AND NOT estimated
),
counted AS (
    SELECT
        c.provider,
        c.recording_id,
        c.variant,
        count(*) AS transfers,
        count(*) FILTER (WHERE abs(c.offset_ms) <= th.abutting_ms) AS abutting_transfers,
        count(*) FILTER (WHERE c.offset_ms < 0 - th.abutting_ms) AS overlapping_transfers
    FROM changes AS c
    CROSS JOIN thresholds AS th
    WHERE c.offset_ms IS NOT NULL AND c.other
    GROUP BY c.provider, c.recording_id, c.variant
)
SELECT
    t.provider,
    t.recording_id,
    t.variant,
    coalesce(c.transfers, 0) AS transfers,
    coalesce(c.abutting_transfers, 0) AS abutting_transfers,
    coalesce(c.overlapping_transfers, 0) AS overlapping_transfers,
    NOT coalesce(
        c.transfers >= th.abutting_transfers
        AND 100 * c.abutting_transfers >= th.abutting_percent * c.transfers
        AND 100 * c.overlapping_transfers <= th.abutting_overlaps_percent * c.transfers,
        false
    ) AS shows_overlap
FROM transcripts AS t
CROSS JOIN thresholds AS th
LEFT JOIN counted AS c ON c.provider = t.provider AND c.recording_id = t.recording_id AND c.variant = t.variant
