-- mart: corpus_terms
-- grain: corpus
-- key: language, n, term
-- stored: no
-- shown: view
-- description:
--   One row per language and term that stands in `terms` of at least corpus_recordings recordings (variant latest). A
--   view over `terms`: nothing is computed until it is asked.
-- columns:
--   language VARCHAR: base language, such as 'en'; NULL when unknown
--   n INTEGER: words in the term, 1 to 3
--   term VARCHAR: the term in lower case
--   recordings BIGINT: recordings it stands in
--   occurrences BIGINT: times it occurs in these
SELECT
    t.language,
    t.n,
    t.term,
    count(*) AS recordings,
    sum(t.occurrences) AS occurrences
FROM terms AS t
CROSS JOIN thresholds AS th
WHERE t.variant = 'latest'
GROUP BY t.language, t.n, t.term
HAVING count(*) >= max(th.corpus_recordings)
