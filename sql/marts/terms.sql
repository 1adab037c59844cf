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
SELECT
    g.provider,
    g.recording_id,
    g.variant,
    g.n,
    g.term,
    l.base_language AS language,
    g.occurrences,
    g.first_ms
FROM term_counts AS g
JOIN transcript_languages AS l
    ON l.provider = g.provider AND l.recording_id = g.recording_id AND l.variant = g.variant
