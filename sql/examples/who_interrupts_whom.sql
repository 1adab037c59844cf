-- Who interrupts whom, and how often in an hour?
SELECT r.name, i.interrupter, i.interrupted, i.interruptions, round(i.per_hour, 1) AS per_hour
FROM interruptions AS i
JOIN recordings AS r USING (provider, recording_id)
WHERE i.variant = 'latest'
ORDER BY i.interruptions DESC, i.per_hour DESC, r.name, i.interrupter, i.interrupted
LIMIT 20
