-- Where did nobody say anything for long?
SELECT
    r.name,
    s.start_ms // 1000 AS from_second,
    round(s.duration_ms / 1000, 1) AS seconds,
    s.speaker_before,
    s.speaker_after
FROM silences AS s
JOIN recordings AS r USING (provider, recording_id)
WHERE s.variant = 'latest'
ORDER BY s.duration_ms DESC
LIMIT 20
