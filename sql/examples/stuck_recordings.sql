-- What is stuck at a vendor or failed, and since when?
SELECT
    'waits for ' || waits_for AS what,
    provider,
    recording_id,
    name,
    created_at AS since,
    waited_minutes AS minutes
FROM backlog_now()
UNION ALL
SELECT stage || ' failed: ' || reason, provider, recording_id, name, since_at, NULL
FROM failures
ORDER BY since, provider, recording_id, what
