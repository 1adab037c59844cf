-- Who talks how much in our latest conversations?
SELECT r.name, s.speaker, round(100 * s.speaking_share) AS percent, round(s.speaking_ms / 60000, 1) AS minutes
FROM speaker_stats AS s
JOIN recordings AS r USING (provider, recording_id)
WHERE s.variant = 'latest' AND s.speaking_ms IS NOT NULL
ORDER BY r.created_at DESC NULLS LAST, r.name, s.recording_id, s.speaking_ms DESC, s.speaker
LIMIT 40
