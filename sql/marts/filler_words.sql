-- mart: filler_words
-- grain: transcript
-- key: provider, recording_id, variant, position, filler
-- stored: no
-- description:
--   One row per filler uttered, by the seed fillers_by_language: of one word, or of two that one speaker says one after
--   the other, whatever the vendor's cut.
-- columns:
--   position INTEGER: its first word, as in spoken_words
--   filler VARCHAR: the filler
--   words INTEGER: words in it, 1 or 2
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   struck BOOLEAN: its first word was struck through by an editor
WITH
-- Once per word that occurs, however often it does.
beginnings AS (
    SELECT t.term, f.language, f.filler
    FROM (SELECT DISTINCT term FROM spoken_words) AS t
    JOIN fillers_by_language AS f ON split_part(f.filler, ' ', 1) = t.term
),
begun AS (
    SELECT w.provider, w.recording_id, w.variant, w.position, w.speaker, w.struck, w.term, b.filler
    FROM beginnings AS b
    JOIN transcript_languages AS l ON l.list_language = b.language
    JOIN spoken_words AS w
        ON w.provider = l.provider
        AND w.recording_id = l.recording_id
        AND w.variant = l.variant
        AND w.term = b.term
    WHERE l.has_list
)
SELECT provider, recording_id, variant, position, filler, 1 AS words, speaker, coalesce(struck, false) AS struck
FROM begun
WHERE filler = term
UNION ALL
SELECT b.provider, b.recording_id, b.variant, b.position, b.filler, 2 AS words, b.speaker, coalesce(b.struck, false) AS struck
FROM begun AS b
JOIN spoken_words AS n
    ON n.provider = b.provider
    AND n.recording_id = b.recording_id
    AND n.variant = b.variant
    AND n.position = b.position + 1
    AND n.speaker IS NOT DISTINCT FROM b.speaker
    AND concat(b.term, ' ', n.term) = b.filler
WHERE b.filler <> b.term
