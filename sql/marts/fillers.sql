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
SELECT
    provider,
    recording_id,
    variant,
    speaker,
    filler,
    count(*) AS occurrences,
    count(*) FILTER (WHERE struck) AS struck_occurrences
FROM filler_words
GROUP BY provider, recording_id, variant, speaker, filler
