-- mart: search_passages
-- grain: transcript
-- key: provider, recording_id, variant, passage
-- dialect: duckdb
-- description:
--   One row per 64 searchable words of a transcript: what search() shows around a hit. Lists have one item per word.
--   Not portable: lists.
-- columns:
--   passage INTEGER: position of its first word divided by 64
--   shown VARCHAR[]: the word as the vendor sent it; '' for the further parts of it
--   starts INTEGER[] [ms]: start of the word's token; NULL when untimed
--   speakers VARCHAR[]: speaker's name as labelled; NULL when unknown
SELECT
    provider,
    recording_id,
    variant,
    CAST(position // 64 AS INTEGER) AS passage,
    list(coalesce(shown, '') ORDER BY position) AS shown,
    list(start_ms ORDER BY position) AS starts,
    list(speaker ORDER BY position) AS speakers
FROM search_words
GROUP BY provider, recording_id, variant, position // 64
