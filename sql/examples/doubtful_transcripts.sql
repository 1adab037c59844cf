-- Which transcripts should I not trust, and why?
SELECT r.name, q.provider, q.recording_id, q.variant, q.reasons
FROM transcript_quality AS q
LEFT JOIN recordings AS r USING (provider, recording_id)
WHERE q.reasons <> ''
ORDER BY q.provider, r.name, q.recording_id, q.variant
