-- What is each conversation about, compared with all the others in its language?
SELECT recording_id, term, occurrences, round(log_likelihood, 1) AS log_likelihood, round(log_ratio, 1) AS log_ratio
FROM keyness
WHERE occurrences >= 2 AND log_ratio > 0
QUALIFY row_number() OVER (PARTITION BY provider, recording_id ORDER BY keyness.log_likelihood DESC, term) <= 5
ORDER BY recording_id, keyness.log_likelihood DESC, term
