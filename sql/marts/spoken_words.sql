-- mart: spoken_words
-- grain: transcript
-- key: provider, recording_id, variant, position
-- stored: no
-- dialect: duckdb
-- description:
--   One row per word spoken: tokens that hold several words taken apart, pieces of one word put together. Not portable:
--   taking a token apart needs DuckDB's unnest and its regular expressions. A script written without spaces keeps the
--   vendor's cut: one token, one word.
-- columns:
--   position INTEGER: position among the words of the transcript, from 0
--   word_index INTEGER: the token in which it begins
--   turn_index INTEGER: the turn it stands in
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   shown VARCHAR: the word as the vendor sent it
--   term VARCHAR: the word in lower case, punctuation around it removed
--   struck BOOLEAN: struck through by an editor
--   start_ms INTEGER [ms]: start of the token; NULL when untimed
--   end_ms INTEGER [ms]: end of the token; NULL when untimed
WITH chunked AS (
    SELECT
        provider,
        recording_id,
        variant,
        word_index,
        turn_index,
        speaker,
        coalesce(struck, false) AS struck,
        start_ms,
        end_ms,
        word_count,
        [
            chunk FOR chunk IN string_split_regex(replace(text, '’', ''''), '[\s\p{Z}]+')
            IF regexp_matches(chunk, '[\p{L}\p{N}]')
        ] AS chunks
    FROM words
    WHERE kind = 'word'
),
pieces AS (
    SELECT
        * EXCLUDE (chunks),
        unnest(chunks) AS piece,
        generate_subscripts(chunks, 1) AS nth,
        len(chunks) AS chunk_count
    FROM chunked
),
numbered AS (
    SELECT
        *,
        sum(CASE WHEN nth = 1 AND chunk_count > word_count THEN 0 ELSE 1 END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY word_index, nth
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS number
    FROM pieces
)
SELECT
    provider,
    recording_id,
    variant,
    CAST(number - 1 AS INTEGER) AS position,
    min(word_index) AS word_index,
    min(turn_index) AS turn_index,
    min_by(speaker, word_index) AS speaker,
    string_agg(piece, '' ORDER BY word_index, nth) AS shown,
    regexp_replace(
        lower(string_agg(piece, '' ORDER BY word_index, nth)), '^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M}]+$', '', 'g'
    ) AS term,
    bool_and(struck) AS struck,
    min(start_ms) AS start_ms,
    max(end_ms) AS end_ms
FROM numbered
GROUP BY provider, recording_id, variant, number
