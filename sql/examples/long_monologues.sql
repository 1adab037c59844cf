-- Where did one person speak for more than a minute without giving up the floor?
SELECT r.name, j.speaker, j.start_ms // 1000 AS from_second, round((j.end_ms - j.start_ms) / 60000, 1) AS minutes
FROM joined_turns AS j
JOIN recordings AS r USING (provider, recording_id)
WHERE j.variant = 'latest' AND j.end_ms - j.start_ms >= 60000
ORDER BY j.end_ms - j.start_ms DESC, r.name, j.recording_id, j.start_ms
LIMIT 20
