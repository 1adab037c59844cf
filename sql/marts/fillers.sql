-- mart: fillers
-- grain: transcript
-- key: provider, recording_id, variant, speaker, filler
-- description:
--   One row per transcript, speaker and filler uttered, by the seed fillers_by_language (a filler of one or two words).
--   No row for a language without a list. Fillers were spoken, so struck ones count; how many were struck stands beside.
-- columns:
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   filler VARCHAR: the filler
--   occurrences BIGINT: times uttered, struck ones included
--   struck_occurrences BIGINT: of those, struck through by an editor
WITH uttered AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        struck,
        term,
        CASE
            WHEN lead(turn_index) OVER transcript = turn_index
                THEN concat(term, ' ', lead(term) OVER transcript)
        END AS pair
    FROM spoken_words
    WINDOW transcript AS (PARTITION BY provider, recording_id, variant ORDER BY position)
)
SELECT
    u.provider,
    u.recording_id,
    u.variant,
    u.speaker,
    f.filler,
    count(*) AS occurrences,
    count(*) FILTER (WHERE u.struck) AS struck_occurrences
FROM uttered AS u
JOIN transcript_languages AS l
    ON l.provider = u.provider AND l.recording_id = u.recording_id AND l.variant = u.variant
JOIN fillers_by_language AS f ON f.language = l.base_language AND (f.filler = u.term OR f.filler = u.pair)
GROUP BY u.provider, u.recording_id, u.variant, u.speaker, f.filler
