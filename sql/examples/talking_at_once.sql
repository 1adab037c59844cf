-- How much of each conversation do people talk at the same time?
SELECT
    c.recording_id,
    round(100 * c.overlap_share, 1) AS percent,
    count(o.start_ms) AS overlaps,
    max(o.duration_ms) AS longest_ms
FROM conversation_stats AS c
LEFT JOIN main.overlaps AS o USING (provider, recording_id, variant)
WHERE c.variant = 'latest' AND c.overlap_share > 0
GROUP BY ALL
ORDER BY percent DESC, c.recording_id
LIMIT 20
