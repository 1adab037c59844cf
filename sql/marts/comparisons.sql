-- mart: comparisons
-- grain: corpus
-- key: dimension, item
-- stored: no
-- shown: view
-- dialect: duckdb
-- description:
--   One row per folder, month of creation, person and side: how they talk, over all their recordings (variant latest)
--   that are not gone from the vendor. Rates are pooled, sum over sum, so that each minute or word weighs alike; the mean
--   of each recording's rate would weigh a short call like a long one. Persons and sides are those of speaker_map.csv
--   beside the warehouse. A view: nothing is computed until it is asked. Not portable: engines name text types differently.
-- columns:
--   dimension VARCHAR: folder, month, person or side
--   item VARCHAR: name of the folder ('' is the home folder), month as YYYY-MM, person, or side
--   recordings BIGINT: recordings
--   speakers BIGINT: speakers, each counted in each recording
--   words BIGINT: words spoken
--   speaking_ms BIGINT [ms]: speaking time; NULL when nothing is timed
--   talk_share DOUBLE: speaking_ms as a part of everybody's in these recordings; 1 for a folder or a month; NULL
--     when nothing is timed
--   speech_rate_wpm DOUBLE [words/minute]: words over time of turns of talk, of speakers whose rate is known; NULL
--     without any
--   articulation_rate_wpm DOUBLE [words/minute]: timed words over the time of their inter-pausal units; NULL without
--     any
--   turns BIGINT: turns of talk, back-channels left out
--   mean_turn_ms DOUBLE [ms]: time of turns of talk over turns; NULL without any
--   questions_per_hour DOUBLE [per hour]: questions in an hour of speaking time; NULL when nothing is timed
--   filler_rate DOUBLE [per 100 words]: fillers in a hundred words, of speakers whose language has a list; NULL
--     without any
WITH present AS (
    SELECT
        s.provider,
        s.recording_id,
        s.words,
        s.speaking_ms,
        s.talk_ms,
        s.turns,
        s.questions,
        s.fillers,
        s.speech_rate_wpm,
        s.articulation_rate_wpm,
        s.articulation_ms,
        m.person,
        m.side,
        r.day,
        r.folder_name,
        sum(s.speaking_ms) OVER (PARTITION BY s.provider, s.recording_id) AS everybody_ms
    FROM speaker_stats AS s
    JOIN recordings AS r ON r.provider = s.provider AND r.recording_id = s.recording_id
    LEFT JOIN speaker_map AS m
        ON m.provider = s.provider AND m.recording_id = s.recording_id AND m.speaker = s.speaker
    WHERE s.variant = 'latest' AND r.deleted_at IS NULL
),
grouped AS (
    SELECT 'folder' AS dimension, coalesce(folder_name, '') AS item, * FROM present
    UNION ALL
    SELECT 'month' AS dimension, substring(CAST(day AS VARCHAR), 1, 7) AS item, * FROM present
    UNION ALL
    SELECT 'person' AS dimension, person AS item, * FROM present WHERE person IS NOT NULL
    UNION ALL
    SELECT 'side' AS dimension, side AS item, * FROM present WHERE side IS NOT NULL
),
heard AS (
    SELECT dimension, item, provider, recording_id, max(everybody_ms) AS everybody_ms
    FROM grouped
    GROUP BY dimension, item, provider, recording_id
),
everybody AS (
    SELECT dimension, item, count(*) AS heard_recordings, sum(everybody_ms) AS everybody_ms
    FROM heard
    GROUP BY dimension, item
),
pooled AS (
    SELECT
        dimension,
        item,
        count(*) AS people,
        sum(words) AS said,
        sum(speaking_ms) AS spoken_ms,
        sum(turns) AS talk_turns,
        sum(talk_ms) AS held_ms,
        sum(questions) AS asked,
        sum(CASE WHEN speech_rate_wpm IS NOT NULL THEN speech_rate_wpm * talk_ms END) AS rated_words,
        sum(CASE WHEN speech_rate_wpm IS NOT NULL THEN talk_ms END) AS rated_ms,
        sum(articulation_rate_wpm * articulation_ms) AS articulated_words,
        sum(articulation_ms) AS articulated_ms,
        sum(fillers) AS uttered,
        sum(CASE WHEN fillers IS NOT NULL THEN words END) AS listed_words
    FROM grouped
    GROUP BY dimension, item
)
SELECT
    p.dimension,
    p.item,
    e.heard_recordings AS recordings,
    p.people AS speakers,
    p.said AS words,
    p.spoken_ms AS speaking_ms,
    p.spoken_ms / nullif(e.everybody_ms, 0) AS talk_share,
    p.rated_words / nullif(p.rated_ms, 0) AS speech_rate_wpm,
    p.articulated_words / nullif(p.articulated_ms, 0) AS articulation_rate_wpm,
    p.talk_turns AS turns,
    p.held_ms / nullif(p.talk_turns, 0) AS mean_turn_ms,
    3600000 * p.asked / nullif(p.spoken_ms, 0) AS questions_per_hour,
    100 * p.uttered / nullif(p.listed_words, 0) AS filler_rate
FROM pooled AS p
JOIN everybody AS e ON e.dimension = p.dimension AND e.item = p.item
