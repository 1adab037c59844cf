-- Which conversations were a dialogue, and which a lecture?
SELECT
    r.name,
    c.main_speakers,
    round(c.turn_balance, 2) AS balance,
    c.floor_changes,
    round(100 * c.monologue_share) AS monologue_percent
FROM conversation_stats AS c
JOIN recordings AS r USING (provider, recording_id)
WHERE c.variant = 'latest' AND c.turn_balance IS NOT NULL
ORDER BY c.turn_balance DESC, r.name, c.recording_id
LIMIT 20
