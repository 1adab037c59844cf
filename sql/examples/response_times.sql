-- How quickly does each speaker answer the other?
SELECT
    recording_id,
    to_speaker AS speaker,
    count(*) AS answers,
    median(offset_ms) AS median_ms,
    max(offset_ms) AS slowest_ms
FROM turn_transitions
WHERE variant = 'latest' AND kind IN ('latch', 'gap')
GROUP BY ALL
HAVING count(*) >= 5
ORDER BY median_ms, recording_id, speaker
LIMIT 20
