-- mart: interruptions
-- grain: transcript
-- key: provider, recording_id, variant, interrupter, interrupted
-- description:
--   One row per pair of speakers of whom one interrupted the other: turn_transitions of kind interruption, counted.
--   None where the times cannot show them: see shows_overlap in transcript_quality.
-- columns:
--   interrupter VARCHAR: who took the floor; NULL when unknown
--   interrupted VARCHAR: who had it; NULL when unknown
--   interruptions BIGINT: how often
--   overlap_ms BIGINT [ms]: how long they spoke at once in these
--   per_hour DOUBLE [per hour]: how often in an hour of conversation, from first to last unit; NULL when that has no
--     length
WITH spans AS (
    SELECT provider, recording_id, variant, max(end_ms) - min(start_ms) AS span_ms
    FROM joined_turns
    GROUP BY provider, recording_id, variant
)
SELECT
    t.provider,
    t.recording_id,
    t.variant,
    t.to_speaker AS interrupter,
    t.from_speaker AS interrupted,
    count(*) AS interruptions,
    sum(t.overlap_ms) AS overlap_ms,
    3600000 * count(*) / nullif(max(s.span_ms), 0) AS per_hour
FROM turn_transitions AS t
JOIN spans AS s
    ON s.provider = t.provider AND s.recording_id = t.recording_id AND s.variant = t.variant
WHERE t.kind = 'interruption'
GROUP BY t.provider, t.recording_id, t.variant, t.to_speaker, t.from_speaker
