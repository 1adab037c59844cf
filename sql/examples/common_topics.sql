-- Which two- and three-word terms come up in most recordings?
SELECT term, language, recordings, occurrences
FROM corpus_terms
WHERE n >= 2
ORDER BY recordings DESC, occurrences DESC, term, language
LIMIT 25
