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
--   unit_ms INTEGER [ms]: what starts are counted in: 10, or 1 where not all of them are whole hundredths of a second
--   starts INTEGER[]: start of the word's token, in units of unit_ms; NULL when untimed
--   speakers VARCHAR[]: speaker's name as labelled; NULL when unknown
WITH passages AS (
    SELECT
        provider,
        recording_id,
        variant,
        CAST(position // 64 AS INTEGER) AS passage,
        list(shown ORDER BY position) AS shown,
        list(part ORDER BY position) AS parts,
        CASE WHEN coalesce(bool_and(start_ms % 10 = 0), true) THEN 10 ELSE 1 END AS unit_ms,
        list(start_ms ORDER BY position) AS starts,
        list(speaker ORDER BY position) AS speakers
    FROM search_words
    GROUP BY provider, recording_id, variant, position // 64
)
SELECT
    provider,
    recording_id,
    variant,
    passage,
    shown,
    parts,
    unit_ms,
    CASE WHEN unit_ms = 1 THEN starts ELSE [start_ms // 10 FOR start_ms IN starts] END AS starts,
    speakers
FROM passages
