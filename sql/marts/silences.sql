-- mart: silences
-- grain: transcript
-- key: provider, recording_id, variant, start_ms
-- description:
--   One row per silence: at least silence_ms between first and last turn that no turn of the vendor covers. A silence
--   between two turns of one speaker is a pause too and stands in both. Words without times may have been said in it:
--   untimed_words of transcript_quality tells where.
-- columns:
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   duration_ms INTEGER [ms]: its length
--   speaker_before VARCHAR: who spoke last; NULL when unknown
--   speaker_after VARCHAR: who broke it; NULL when unknown
WITH followed AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        start_ms,
        max(end_ms) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY start_ms, end_ms, speaker NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_ms
    FROM speech_spans
)
SELECT
    f.provider,
    f.recording_id,
    f.variant,
    f.before_ms AS start_ms,
    f.start_ms AS end_ms,
    f.start_ms - f.before_ms AS duration_ms,
    min(b.speaker) AS speaker_before,
    min(f.speaker) AS speaker_after
FROM followed AS f
CROSS JOIN thresholds AS th
JOIN speech_spans AS b
    ON b.provider = f.provider
    AND b.recording_id = f.recording_id
    AND b.variant = f.variant
    AND b.end_ms = f.before_ms
WHERE f.start_ms - f.before_ms >= th.silence_ms
GROUP BY f.provider, f.recording_id, f.variant, f.before_ms, f.start_ms
