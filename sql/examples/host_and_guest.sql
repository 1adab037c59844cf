-- How do host and guest share the talk, as speaker_map.csv says who is who?
SELECT
    r.name,
    s.side,
    round(100 * s.talk_ratio) AS percent,
    round(s.talk_to_listen, 2) AS talk_to_listen,
    s.patience_ms,
    round(s.longest_monologue_ms / 60000, 1) AS longest_monologue_minutes
FROM side_stats AS s
JOIN recordings AS r USING (provider, recording_id)
ORDER BY r.name, s.recording_id, s.side
LIMIT 20
