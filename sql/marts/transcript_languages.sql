-- mart: transcript_languages
-- grain: transcript
-- key: provider, recording_id, variant
-- stored: no
-- description:
--   One row per transcript: its language, by the transcript, else by the seed provider_languages; and which word lists
--   apply. 'en_US', ' en ', 'eng' and 'English' are one language, by the seed languages; 'es-en' is spoken in two.
-- columns:
--   base_language VARCHAR: language code without region, such as 'en'; NULL when nobody says
--   list_language VARCHAR: the same for the join with lists of words; 'es-en' where the lists of two languages apply
--   has_list BOOLEAN: true when the seed fillers has this language
WITH coded AS (
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        lower(replace(trim(coalesce(nullif(trim(t.language), ''), p.language)), '_', '-')) AS code
    FROM transcripts AS t
    LEFT JOIN provider_languages AS p ON p.provider = t.provider
),
based AS (
    SELECT
        c.provider,
        c.recording_id,
        c.variant,
        c.code,
        nullif(coalesce(g.language, split_part(c.code, '-', 1)), '') AS base_language
    FROM coded AS c
    LEFT JOIN languages AS g ON g.name = split_part(c.code, '-', 1)
),
listed AS (
    SELECT
        *,
        CASE
            WHEN code LIKE '%-en' AND code NOT LIKE '%-%-%' AND base_language <> 'en' THEN concat(base_language, '-en')
            ELSE base_language
        END AS list_language
    FROM based
)
SELECT
    b.provider,
    b.recording_id,
    b.variant,
    b.base_language,
    b.list_language,
    f.language IS NOT NULL AS has_list
FROM listed AS b
LEFT JOIN (SELECT DISTINCT language FROM fillers_by_language) AS f ON f.language = b.list_language
