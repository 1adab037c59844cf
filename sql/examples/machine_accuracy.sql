-- How good is Temi's machine before we edit, and which words does it get wrong most?
SELECT machine_term, latest_term, kind, sum(occurrences) AS times,
    (SELECT round(100 * sum(substitutions + deletions + insertions) / sum(reference_words), 1) FROM transcript_edits) AS word_error_percent
FROM word_corrections
GROUP BY machine_term, latest_term, kind
ORDER BY times DESC, machine_term, latest_term
LIMIT 20
