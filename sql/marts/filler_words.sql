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
WITH uttered AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.position,
        w.speaker,
        w.struck,
        w.term,
        l.list_language,
        CASE
            WHEN lead(w.speaker) OVER transcript IS NOT DISTINCT FROM w.speaker
                THEN concat(w.term, ' ', lead(w.term) OVER transcript)
        END AS pair
    FROM spoken_words AS w
    JOIN transcript_languages AS l
        ON l.provider = w.provider AND l.recording_id = w.recording_id AND l.variant = w.variant
    WHERE l.has_list
    WINDOW transcript AS (PARTITION BY w.provider, w.recording_id, w.variant ORDER BY w.position)
)
SELECT u.provider, u.recording_id, u.variant, u.position, f.filler, 1 AS words, u.speaker, coalesce(u.struck, false) AS struck
FROM uttered AS u
JOIN fillers_by_language AS f ON f.language = u.list_language AND f.filler = u.term
UNION ALL
SELECT u.provider, u.recording_id, u.variant, u.position, f.filler, 2 AS words, u.speaker, coalesce(u.struck, false) AS struck
FROM uttered AS u
JOIN fillers_by_language AS f ON f.language = u.list_language AND f.filler = u.pair
