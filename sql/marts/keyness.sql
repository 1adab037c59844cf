-- mart: keyness
-- grain: corpus
-- key: provider, recording_id, term
-- stored: no
-- shown: view
-- description:
--   One row per recording (variant latest) and word of `terms`: how much more, or less, often it is said there than in all
--   other recordings of the language. Log-likelihood (Dunning 1993, as Rayson and Garside 2000 compare corpora) says how
--   sure that is: over 15.13 is p < 0.0001; log ratio (Hardie 2014) says how much. NULL where there is no other
--   recording. A view over `terms`: nothing is computed until it is asked.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   language VARCHAR: base language, such as 'en'; NULL when unknown
--   term VARCHAR: the word
--   occurrences BIGINT: times it occurs there
--   words BIGINT: words of `terms` there, stop words and fillers left out
--   rest_occurrences BIGINT: times it occurs in the others
--   rest_words BIGINT: words of `terms` in the others
--   log_likelihood DOUBLE: at least 0; greater is surer. NULL without others
--   log_ratio DOUBLE: binary logarithm of the two frequencies' ratio, a word not in the others counted half a time;
--     above 0: more often here; NULL without others
WITH single AS (
    SELECT provider, recording_id, language, term, occurrences
    FROM terms
    WHERE variant = 'latest' AND n = 1
),
here AS (
    SELECT
        *,
        sum(occurrences) OVER (PARTITION BY provider, recording_id) AS words,
        sum(occurrences) OVER (PARTITION BY language, term) AS of_term,
        sum(occurrences) OVER (PARTITION BY language) AS of_language
    FROM single
),
rest AS (
    SELECT
        *,
        of_term - occurrences AS rest_occurrences,
        of_language - words AS rest_words,
        CAST(words AS DOUBLE) * of_term / of_language AS expected,
        CAST(of_language - words AS DOUBLE) * of_term / of_language AS rest_expected
    FROM here
)
SELECT
    provider,
    recording_id,
    language,
    term,
    occurrences,
    words,
    rest_occurrences,
    rest_words,
    CASE
        WHEN rest_words > 0
            THEN greatest(
                0,
                2 * (
                    occurrences * ln(occurrences / expected)
                    + CASE
                        WHEN rest_occurrences > 0 THEN rest_occurrences * ln(rest_occurrences / rest_expected)
                        ELSE 0
                    END
                )
            )
    END AS log_likelihood,
    CASE
        WHEN rest_words > 0
            THEN ln(
                (occurrences / words)
                / ((CASE WHEN rest_occurrences > 0 THEN CAST(rest_occurrences AS DOUBLE) ELSE 1 / 2 END) / rest_words)
            ) / ln(2)
    END AS log_ratio
FROM rest
