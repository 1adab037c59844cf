-- mart: search_passages
-- grain: transcript
-- key: provider, recording_id, variant, passage
-- shown: view
-- dialect: duckdb
-- description:
--   One row per 64 searchable words of a transcript: what search() shows around a hit. Lists have one item per word.
--   Not portable: lists.
-- columns:
--   passage INTEGER: position of its first word divided by 64
--   shown VARCHAR[]: the word it is or is a part of, as the vendor sent it
--   parts INTEGER[]: which part of that word it is, from 0
--   starts INTEGER[] [ms]: start of the word's token; NULL when untimed
--   speakers VARCHAR[]: speaker's name as labelled; NULL when unknown
SELECT
    provider,
    recording_id,
    variant,
    CAST(position // 64 AS INTEGER) AS passage,
    list(shown ORDER BY position) AS shown,
    list(part ORDER BY position) AS parts,
    list(start_ms ORDER BY position) AS starts,
    list(speaker ORDER BY position) AS speakers
FROM search_words
GROUP BY provider, recording_id, variant, position // 64
