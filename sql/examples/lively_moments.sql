-- When did the conversations come alive: most changes of floor per minute, in windows of five minutes?
SELECT
    r.name,
    w.start_ms // 60000 AS from_minute,
    round(w.floor_changes_per_minute, 1) AS changes_per_minute,
    round(w.turn_balance, 2) AS balance
FROM interaction_windows AS w
JOIN recordings AS r USING (provider, recording_id)
WHERE w.variant = 'latest' AND w.speaking_ms >= 60000
ORDER BY w.floor_changes_per_minute DESC, r.name, w.start_ms
LIMIT 15
