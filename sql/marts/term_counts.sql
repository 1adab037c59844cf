-- mart: term_counts
-- grain: transcript
-- key: provider, recording_id, variant, n, term
-- stored: no
-- description:
--   One row per term of the final text, as terms has them: words, pairs and triples that one speaker says one after the
--   other.
-- columns:
--   n INTEGER: words in the term, 1 to 3
--   term VARCHAR: its words as terms of spoken_words, a space between
--   occurrences BIGINT: times it occurs
--   first_ms INTEGER [ms]: where it first occurs; NULL when untimed
WITH filled AS (
    SELECT provider, recording_id, variant, position FROM filler_words
    UNION
    SELECT provider, recording_id, variant, position + 1 AS position FROM filler_words WHERE words = 2
),
-- Once per term that occurs, however often it does.
vocabulary AS (
    SELECT term, term = '' OR substring(term, 1, 2) IN ('**', '##', '__', '██', '■■', '●●') AS masked
    FROM (SELECT DISTINCT term FROM spoken_words) AS distinct_terms
),
stops AS (
    SELECT v.term, s.language
    FROM vocabulary AS v
    JOIN stop_words AS s ON s.word = v.term
),
final_words AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.position,
        w.term,
        w.speaker,
        w.start_ms,
        v.masked,
        v.masked OR s.term IS NOT NULL OR f.position IS NOT NULL AS dropped
    FROM spoken_words AS w
    JOIN vocabulary AS v ON v.term = w.term
    JOIN transcript_languages AS l
        ON l.provider = w.provider AND l.recording_id = w.recording_id AND l.variant = w.variant
    LEFT JOIN stops AS s ON s.term = w.term AND s.language = l.list_language
    LEFT JOIN filled AS f
        ON f.provider = w.provider
        AND f.recording_id = w.recording_id
        AND f.variant = w.variant
        AND f.position = w.position
    WHERE NOT coalesce(w.struck, false)
),
followed AS (
    SELECT
        provider,
        recording_id,
        variant,
        term,
        start_ms,
        dropped,
        lead(term) OVER transcript AS second,
        lead(term, 2) OVER transcript AS third,
        -- NULL where the transcript ends before.
        NOT lead(dropped) OVER transcript AND lead(speaker) OVER transcript IS NOT DISTINCT FROM speaker AS is_pair,
        NOT lead(dropped, 2) OVER transcript
        AND NOT lead(masked) OVER transcript
        AND lead(speaker) OVER transcript IS NOT DISTINCT FROM speaker
        AND lead(speaker, 2) OVER transcript IS NOT DISTINCT FROM speaker AS is_triple
    FROM final_words
    WINDOW transcript AS (PARTITION BY provider, recording_id, variant ORDER BY position)
)
-- Texts are put together of what is left: terms hold no spaces, so that the same words make the same text.
SELECT
    provider,
    recording_id,
    variant,
    1 AS n,
    max(term) AS term,
    count(*) AS occurrences,
    min(start_ms) AS first_ms
FROM followed
WHERE NOT dropped
GROUP BY provider, recording_id, variant, term
UNION ALL
SELECT
    provider,
    recording_id,
    variant,
    2 AS n,
    concat(max(term), ' ', max(second)) AS term,
    count(*) AS occurrences,
    min(start_ms) AS first_ms
FROM followed
WHERE NOT dropped AND is_pair
GROUP BY provider, recording_id, variant, term, second
HAVING count(*) >= (SELECT term_occurrences FROM thresholds)
UNION ALL
SELECT
    provider,
    recording_id,
    variant,
    3 AS n,
    concat(max(term), ' ', max(second), ' ', max(third)) AS term,
    count(*) AS occurrences,
    min(start_ms) AS first_ms
FROM followed
WHERE NOT dropped AND is_triple
GROUP BY provider, recording_id, variant, term, second, third
HAVING count(*) >= (SELECT term_occurrences FROM thresholds)
