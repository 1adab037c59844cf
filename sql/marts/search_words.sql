-- mart: search_words
-- grain: transcript
-- key: provider, recording_id, variant, position
-- stored: no
-- dialect: duckdb
-- description:
--   One row per searchable word of the final text: struck words left out, lower case, accents and apostrophes removed,
--   parts of a hyphenated word apart. Characters of scripts written without spaces (Han, Kana, Thai, Lao, Khmer, Burmese)
--   are a word each, so that a phrase is found however the vendor cut it. The macro search() folds its phrase the same
--   way. Not portable: needs DuckDB's unnest, regular expressions and strip_accents.
-- columns:
--   position INTEGER: position among the searchable words, from 0
--   token VARCHAR: the word as searched for
--   shown VARCHAR: the word as the vendor sent it; NULL for the further parts of it
--   start_ms INTEGER [ms]: start of the token; NULL when untimed
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
WITH folded AS (
    SELECT
        provider,
        recording_id,
        variant,
        position AS word,
        shown,
        start_ms,
        speaker,
        regexp_extract_all(
            regexp_replace(
                strip_accents(replace(term, '''', '')),
                '([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])',
                ' \1 ',
                'g'
            ),
            '[\p{L}\p{N}\p{M}]+'
        ) AS tokens
    FROM spoken_words
    WHERE NOT struck
),
cut AS (
    SELECT * EXCLUDE (tokens), unnest(tokens) AS token, generate_subscripts(tokens, 1) AS nth
    FROM folded
)
SELECT
    provider,
    recording_id,
    variant,
    CAST(row_number() OVER (PARTITION BY provider, recording_id, variant ORDER BY word, nth) - 1 AS INTEGER)
        AS position,
    token,
    CASE WHEN nth = 1 THEN shown END AS shown,
    start_ms,
    speaker
FROM cut
