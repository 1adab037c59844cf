-- mart: tracker_hits
-- grain: corpus
-- key: provider, recording_id, variant, tracker, position
-- stored: no
-- shown: view
-- dialect: duckdb
-- description:
--   One row per place where a phrase of the user's is said: SONITEMI_TRACKERS, or trackers.csv beside the warehouse, names
--   them with a category and variants. Phrases are compared as search() compares them, in the final text. Where several
--   variants of a tracker begin in one place the longest counts, of equals the last by name. A view over the index of search(): nothing is computed
--   until it is asked. Not portable: lists.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   variant VARCHAR: the transcript variant
--   category VARCHAR: category of the tracker; NULL when it has none
--   tracker VARCHAR: name of the tracker
--   position INTEGER: where the phrase begins, among the searchable words
--   phrase VARCHAR: the variant that was said, as the file has it
--   match VARCHAR: the words as the vendor sent them
--   context VARCHAR: these with up to eight words before and after
--   speaker VARCHAR: who says it; NULL when unknown
--   start_ms INTEGER [ms]: start of its first word; NULL when untimed
--   day DATE: UTC date of creation of the recording
WITH places AS (
    SELECT
        i.provider,
        i.recording_id,
        i.variant,
        i.day,
        t.category,
        t.tracker,
        t.phrase,
        t.words,
        t.nth,
        unnest(i.positions) - t.nth AS place
    FROM trackers AS t
    JOIN token_index AS i ON i.token = t.token
),
said AS (
    SELECT provider, recording_id, variant, day, category, tracker, phrase, words, place
    FROM places
    GROUP BY provider, recording_id, variant, day, category, tracker, phrase, words, place
    HAVING count(DISTINCT nth) = words
),
longest AS (
    SELECT
        provider,
        recording_id,
        variant,
        day,
        tracker,
        place,
        max_by(category, (words, phrase)) AS category,
        max_by(phrase, (words, phrase)) AS phrase,
        max(words) AS words
    FROM said
    GROUP BY provider, recording_id, variant, day, tracker, place
),
shown_at AS (
    SELECT
        l.*,
        CAST(l.place % 64 AS INTEGER) + len(coalesce(b.shown, [])) + 1 AS start_item,
        list_concat(list_concat(coalesce(b.shown, []), g.shown), coalesce(a.shown, [])) AS shown,
        list_concat(list_concat(coalesce(b.parts, []), g.parts), coalesce(a.parts, [])) AS parts,
        g.speakers[l.place % 64 + 1] AS speaker,
        g.starts[l.place % 64 + 1] * g.unit_ms AS start_ms
    FROM longest AS l
    JOIN search_passages AS g
        ON g.provider = l.provider
        AND g.recording_id = l.recording_id
        AND g.variant = l.variant
        AND g.passage = l.place // 64
    LEFT JOIN search_passages AS b
        ON b.provider = l.provider
        AND b.recording_id = l.recording_id
        AND b.variant = l.variant
        AND b.passage = l.place // 64 - 1
    LEFT JOIN search_passages AS a
        ON a.provider = l.provider
        AND a.recording_id = l.recording_id
        AND a.variant = l.variant
        AND a.passage = l.place // 64 + 1
)
SELECT
    provider,
    recording_id,
    variant,
    nullif(category, '') AS category,
    tracker,
    place AS position,
    phrase,
    array_to_string(
        [shown[i] FOR i IN range(start_item, least(len(shown) + 1, start_item + words)) IF i = start_item OR parts[i] = 0], ' '
    ) AS match,
    array_to_string(
        [
            shown[i]
            FOR i IN range(greatest(1, start_item - 8), least(len(shown) + 1, start_item + words + 8))
            IF parts[i] = 0
        ],
        ' '
    ) AS context,
    speaker,
    start_ms,
    day
FROM shown_at
