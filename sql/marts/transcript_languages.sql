-- mart: transcript_languages
-- grain: transcript
-- key: provider, recording_id, variant
-- stored: no
-- description:
--   One row per transcript: its base language ('en' of 'en-US'), by the transcript, else by the seed
--   provider_languages, and whether the seed fillers knows it.
-- columns:
--   base_language VARCHAR: language code without region; NULL when nobody says
--   has_list BOOLEAN: true when the seed fillers has this language
WITH based AS (
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        lower(split_part(coalesce(nullif(t.language, ''), p.language), '-', 1)) AS base_language
    FROM transcripts AS t
    LEFT JOIN provider_languages AS p ON p.provider = t.provider
)
SELECT
    b.provider,
    b.recording_id,
    b.variant,
    b.base_language,
    f.language IS NOT NULL AS has_list
FROM based AS b
LEFT JOIN (SELECT DISTINCT language FROM fillers_by_language) AS f ON f.language = b.base_language
