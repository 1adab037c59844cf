-- mart: search_words
-- grain: transcript
-- key: provider, recording_id, variant, position
-- stored: no
-- dialect: duckdb
-- description:
--   One row per searchable word of the final text: the terms of spoken_words, struck ones left out, as the macro
--   search_tokens() takes them apart and folds them. The macro search() gives its phrase to the same macro. Not portable:
--   needs DuckDB's unnest and regular expressions.
-- columns:
--   position INTEGER: position among the searchable words, from 0
--   token VARCHAR: the word as searched for
--   shown VARCHAR: the word it is or is a part of, as the vendor sent it
--   part INTEGER: which part of that word it is, from 0
--   start_ms INTEGER [ms]: start of the token; NULL when untimed
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
WITH distinct_terms AS (
    SELECT DISTINCT term
    FROM spoken_words
    WHERE NOT coalesce(struck, false)
),
tokens_of AS (
    SELECT term, search_tokens(term) AS tokens
    FROM distinct_terms
),
folded AS (
    SELECT term, unnest(tokens) AS token, generate_subscripts(tokens, 1) - 1 AS part
    FROM tokens_of
)
SELECT
    w.provider,
    w.recording_id,
    w.variant,
    CAST(
        row_number() OVER (PARTITION BY w.provider, w.recording_id, w.variant ORDER BY w.position, f.part) - 1 AS INTEGER
    ) AS position,
    f.token,
    CAST(w.shown AS VARCHAR) AS shown,
    CAST(f.part AS INTEGER) AS part,
    w.start_ms,
    w.speaker
FROM spoken_words AS w
JOIN folded AS f ON f.term = w.term
WHERE NOT coalesce(w.struck, false)
