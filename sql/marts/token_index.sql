-- mart: token_index
-- grain: transcript
-- key: token, provider, recording_id, variant
-- shown: view
-- dialect: duckdb
-- description:
--   One row per searchable word and transcript, with the places it stands at: the index that search() reads. Sorted by
--   token. Not portable: the places are a sorted list.
-- columns:
--   token VARCHAR: the word as search_tokens() folds it
--   occurrences INTEGER: how often it stands there
--   positions INTEGER[]: where: positions among the searchable words of the transcript, from 0, ascending
SELECT
    provider,
    recording_id,
    variant,
    token,
    count(*) AS occurrences,
    list(position ORDER BY position) AS positions
FROM search_words
GROUP BY provider, recording_id, variant, token
