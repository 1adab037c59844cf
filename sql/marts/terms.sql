-- mart: terms
-- grain: transcript
-- key: provider, recording_id, variant, n, term
-- shown: view
-- description:
--   One row per term of the final text: words, pairs and triples (n-grams) that one speaker says one after the other,
--   struck words left out. A term does not begin or end with a stop word of the transcript's language, nor with a filler
--   or a word of a filler of two words, and masked words (***) stand in none and between none; pairs and triples stand here when they
--   occur at least term_occurrences times.
-- columns:
--   n INTEGER: words in the term, 1 to 3
--   term VARCHAR: its words as terms of spoken_words, a space between
--   language VARCHAR: base language, such as 'en'; NULL when unknown
--   occurrences BIGINT: times it occurs
--   first_ms INTEGER [ms]: where it first occurs; NULL when untimed
WITH filled AS (
    SELECT provider, recording_id, variant, position FROM filler_words
    UNION
    SELECT provider, recording_id, variant, position + 1 AS position FROM filler_words WHERE words = 2
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
        l.base_language,
        s.word IS NOT NULL OR f.position IS NOT NULL AS dropped,
        w.term = '' OR substring(w.term, 1, 2) IN ('**', '##', '__', '██', '■■', '●●') AS masked
    FROM spoken_words AS w
    JOIN transcript_languages AS l
        ON l.provider = w.provider AND l.recording_id = w.recording_id AND l.variant = w.variant
    LEFT JOIN stop_words AS s ON s.language = l.list_language AND s.word = w.term
    LEFT JOIN filled AS f
        ON f.provider = w.provider
        AND f.recording_id = w.recording_id
        AND f.variant = w.variant
        AND f.position = w.position
    WHERE NOT coalesce(w.struck, false)
),
changed AS (
    SELECT
        *,
        CASE
            WHEN masked OR lag(masked) OVER transcript OR speaker IS DISTINCT FROM lag(speaker) OVER transcript THEN 1
            ELSE 0
        END AS changes
    FROM final_words
    WINDOW transcript AS (PARTITION BY provider, recording_id, variant ORDER BY position)
),
runs AS (
    SELECT
        *,
        sum(changes) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY position
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS run
    FROM changed
),
followed AS (
    SELECT
        *,
        lead(term) OVER talk AS second,
        lead(dropped) OVER talk AS second_dropped,
        lead(term, 2) OVER talk AS third,
        lead(dropped, 2) OVER talk AS third_dropped
    FROM runs
    WHERE NOT masked
    WINDOW talk AS (PARTITION BY provider, recording_id, variant, run ORDER BY position)
),
grams AS (
    SELECT provider, recording_id, variant, base_language, start_ms, 1 AS n, term
    FROM followed
    WHERE NOT dropped
    UNION ALL
    SELECT provider, recording_id, variant, base_language, start_ms, 2 AS n, concat(term, ' ', second) AS term
    FROM followed
    WHERE NOT dropped AND NOT second_dropped
    UNION ALL
    SELECT
        provider,
        recording_id,
        variant,
        base_language,
        start_ms,
        3 AS n,
        concat(term, ' ', second, ' ', third) AS term
    FROM followed
    WHERE NOT dropped AND NOT third_dropped
)
SELECT
    provider,
    recording_id,
    variant,
    n,
    term,
    max(base_language) AS language,
    count(*) AS occurrences,
    min(start_ms) AS first_ms
FROM grams
CROSS JOIN thresholds AS th
GROUP BY provider, recording_id, variant, n, term
HAVING n = 1 OR count(*) >= max(th.term_occurrences)
