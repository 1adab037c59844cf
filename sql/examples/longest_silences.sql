-- Where did nobody say anything for long, as far as every word of the transcript has its time?
SELECT
    r.name,
    s.start_ms // 1000 AS from_second,
    round(s.duration_ms / 1000, 1) AS seconds,
    s.speaker_before,
    s.speaker_after
FROM silences AS s
JOIN recordings AS r USING (provider, recording_id)
JOIN transcript_quality AS q USING (provider, recording_id, variant)
WHERE s.variant = 'latest' AND q.untimed_words = 0
ORDER BY s.duration_ms DESC, r.name, s.recording_id, s.start_ms
LIMIT 20
