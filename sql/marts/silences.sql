-- mart: silences
-- grain: transcript
-- key: provider, recording_id, variant, start_ms
-- shown: view
-- description:
--   One row per silence: at least silence_ms between first and last word in which nobody speaks. A silence in the middle
--   of a turn of talk is a pause too and stands in both. Where words without a known time may have been said is no
--   silence.
-- columns:
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   duration_ms INTEGER [ms]: its length
--   speaker_before VARCHAR: who spoke last; NULL when unknown
--   speaker_after VARCHAR: who broke it; NULL when unknown
WITH nobody AS (
    SELECT s.provider, s.recording_id, s.variant, s.start_ms, s.end_ms
    FROM simultaneous_speech AS s
    CROSS JOIN thresholds AS th
    WHERE s.speakers = 0 AND NOT s.untimed AND s.end_ms - s.start_ms >= th.silence_ms
)
SELECT
    n.provider,
    n.recording_id,
    n.variant,
    n.start_ms,
    n.end_ms,
    n.end_ms - n.start_ms AS duration_ms,
    min(b.speaker) AS speaker_before,
    min(a.speaker) AS speaker_after
FROM nobody AS n
JOIN speech_units AS b
    ON b.provider = n.provider
    AND b.recording_id = n.recording_id
    AND b.variant = n.variant
    AND b.end_ms = n.start_ms
JOIN speech_units AS a
    ON a.provider = n.provider
    AND a.recording_id = n.recording_id
    AND a.variant = n.variant
    AND a.start_ms = n.end_ms
GROUP BY n.provider, n.recording_id, n.variant, n.start_ms, n.end_ms
