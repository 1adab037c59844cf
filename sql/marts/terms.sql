-- mart: terms
-- grain: transcript
-- key: provider, recording_id, variant, n, term
-- description:
--   One row per term of the final text: words, pairs and triples (n-grams) within one turn of talk, struck words left
--   out. A term does not begin or end with a stop word or a filler of the transcript's language; pairs and triples stand
--   here when they occur at least term_occurrences times.
-- columns:
--   n INTEGER: words in the term, 1 to 3
--   term VARCHAR: the term in lower case, punctuation around its words removed
--   language VARCHAR: base language, such as 'en'; NULL when unknown
--   occurrences BIGINT: times it occurs
--   first_ms INTEGER [ms]: where it first occurs; NULL when untimed
WITH final_words AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        j.joined_index,
        w.position,
        w.term,
        w.start_ms,
        l.base_language,
        s.word IS NOT NULL OR f.filler IS NOT NULL AS dropped
    FROM spoken_words AS w
    JOIN turn_joins AS j
        ON j.provider = w.provider
        AND j.recording_id = w.recording_id
        AND j.variant = w.variant
        AND j.turn_index = w.turn_index
    JOIN transcript_languages AS l
        ON l.provider = w.provider AND l.recording_id = w.recording_id AND l.variant = w.variant
    LEFT JOIN stop_words AS s ON s.language = l.base_language AND s.word = w.term
    LEFT JOIN fillers_by_language AS f ON f.language = l.base_language AND f.filler = w.term
    WHERE NOT w.struck AND w.term <> ''
),
followed AS (
    SELECT
        *,
        lead(term) OVER talk AS second,
        lead(dropped) OVER talk AS second_dropped,
        lead(term, 2) OVER talk AS third,
        lead(dropped, 2) OVER talk AS third_dropped
    FROM final_words
    WINDOW talk AS (PARTITION BY provider, recording_id, variant, joined_index ORDER BY position)
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
