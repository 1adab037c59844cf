-- Who speaks fastest, pauses left out?
SELECT
    r.name,
    s.speaker,
    round(s.articulation_rate_wpm) AS articulation_wpm,
    round(s.speech_rate_wpm) AS speech_wpm,
    s.words
FROM speaker_stats AS s
JOIN recordings AS r USING (provider, recording_id)
WHERE s.variant = 'latest' AND s.words >= 100 AND NOT s.low_quality
ORDER BY s.articulation_rate_wpm DESC NULLS LAST, r.name, s.recording_id, s.speaker
LIMIT 15
