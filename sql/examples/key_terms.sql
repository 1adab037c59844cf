-- What is each conversation about, compared with all the others?
SELECT
    t.recording_id,
    t.term,
    t.occurrences,
    round(t.occurrences * ln(total.recordings / coalesce(c.recordings, 1)), 1) AS weight
FROM terms AS t
CROSS JOIN (SELECT count(*) AS recordings FROM transcripts WHERE variant = 'latest') AS total
LEFT JOIN corpus_terms AS c ON c.n = t.n AND c.term = t.term AND c.language IS NOT DISTINCT FROM t.language
WHERE t.variant = 'latest' AND t.occurrences >= 2
QUALIFY row_number() OVER (PARTITION BY t.provider, t.recording_id ORDER BY weight DESC, t.term) <= 5
ORDER BY t.recording_id, weight DESC
