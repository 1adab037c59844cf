-- Who says um most, and which fillers?
SELECT
    s.recording_id,
    s.speaker,
    round(s.filler_rate, 1) AS per_100_words,
    max_by(f.filler, (f.occurrences, f.filler)) AS favourite
FROM speaker_stats AS s
JOIN fillers AS f
    ON f.provider = s.provider AND f.recording_id = s.recording_id AND f.variant = s.variant
    AND f.speaker IS NOT DISTINCT FROM s.speaker
WHERE s.variant = 'latest' AND s.words >= 100
GROUP BY ALL
ORDER BY per_100_words DESC, s.recording_id, s.speaker
LIMIT 15
