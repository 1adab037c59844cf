-- mart: run_words
-- grain: transcript
-- key: provider, recording_id, variant, run_index
-- stored: no
-- description:
--   One row per run of talk: whether it asks, and for one of at most back_channel_words words whether all it says is an
--   acknowledgement of the language, by the seed acknowledgements_by_language: each word of its own, or neighbouring
--   words together.
-- columns:
--   run_index INTEGER: as in talk_runs
--   asks BOOLEAN: true when a question ends with it, as question_ends has it
--   acknowledges BOOLEAN: true when it is an acknowledgement; NULL when it is longer, or the language has no list
WITH listing AS (
    SELECT DISTINCT language FROM acknowledgements_by_language
),
languages AS (
    SELECT l.provider, l.recording_id, l.variant, l.base_language
    FROM transcript_languages AS l
    JOIN listing AS g ON g.language = l.base_language
),
brief AS (
    SELECT r.provider, r.recording_id, r.variant, r.run_index, u.speaker, u.nth
    FROM talk_runs AS r
    CROSS JOIN thresholds AS th
    JOIN languages AS l
        ON l.provider = r.provider AND l.recording_id = r.recording_id AND l.variant = r.variant
    JOIN unit_runs AS u
        ON u.provider = r.provider
        AND u.recording_id = r.recording_id
        AND u.variant = r.variant
        AND u.run_index = r.run_index
    WHERE r.words <= th.back_channel_words
),
said AS (
    SELECT
        b.provider,
        b.recording_id,
        b.variant,
        b.run_index,
        s.term,
        row_number() OVER (
            PARTITION BY b.provider, b.recording_id, b.variant, b.run_index ORDER BY w.place_ms, s.position
        ) AS place
    FROM brief AS b
    JOIN word_units AS w
        ON w.provider = b.provider
        AND w.recording_id = b.recording_id
        AND w.variant = b.variant
        AND w.speaker IS NOT DISTINCT FROM b.speaker
        AND w.nth = b.nth
        AND NOT w.estimated
    JOIN spoken_words AS s
        ON s.provider = w.provider
        AND s.recording_id = w.recording_id
        AND s.variant = w.variant
        AND s.word_index = w.word_index
),
side_by_side AS (
    SELECT
        provider,
        recording_id,
        variant,
        run_index,
        count(*) AS n,
        max(CASE WHEN place = 1 THEN term END) AS first_term,
        max(CASE WHEN place = 2 THEN term END) AS second_term,
        max(CASE WHEN place = 3 THEN term END) AS third_term
    FROM said
    GROUP BY provider, recording_id, variant, run_index
),
-- What of it is listed, each word and neighbouring words together.
parts AS (
    SELECT
        s.provider,
        s.recording_id,
        s.variant,
        s.run_index,
        s.n,
        max(CASE WHEN a.acknowledgement = s.first_term THEN 1 ELSE 0 END) AS one,
        max(CASE WHEN a.acknowledgement = s.second_term THEN 1 ELSE 0 END) AS two,
        max(CASE WHEN a.acknowledgement = s.third_term THEN 1 ELSE 0 END) AS three,
        max(CASE WHEN a.acknowledgement = concat(s.first_term, ' ', s.second_term) THEN 1 ELSE 0 END) AS one_two,
        max(CASE WHEN a.acknowledgement = concat(s.second_term, ' ', s.third_term) THEN 1 ELSE 0 END) AS two_three,
        max(
            CASE WHEN a.acknowledgement = concat(s.first_term, ' ', s.second_term, ' ', s.third_term) THEN 1 ELSE 0 END
        ) AS one_two_three
    FROM side_by_side AS s
    JOIN languages AS l
        ON l.provider = s.provider AND l.recording_id = s.recording_id AND l.variant = s.variant
    JOIN acknowledgements_by_language AS a ON a.language = l.base_language
    GROUP BY s.provider, s.recording_id, s.variant, s.run_index, s.n
),
listed AS (
    SELECT
        provider,
        recording_id,
        variant,
        run_index,
        (one = 1 AND (n < 2 OR two = 1) AND (n < 3 OR three = 1))
        OR (n >= 2 AND one_two = 1 AND (n < 3 OR three = 1))
        OR (n = 3 AND one = 1 AND two_three = 1)
        OR (n = 3 AND one_two_three = 1) AS all_listed
    FROM parts
)
SELECT
    r.provider,
    r.recording_id,
    r.variant,
    r.run_index,
    e.asks,
    CASE WHEN l.base_language IS NOT NULL AND r.words <= th.back_channel_words THEN coalesce(b.all_listed, false) END
        AS acknowledges
FROM talk_runs AS r
CROSS JOIN thresholds AS th
JOIN question_ends AS e
    ON e.provider = r.provider
    AND e.recording_id = r.recording_id
    AND e.variant = r.variant
    AND e.word_index = r.last_word_index
LEFT JOIN languages AS l
    ON l.provider = r.provider AND l.recording_id = r.recording_id AND l.variant = r.variant
LEFT JOIN listed AS b
    ON b.provider = r.provider
    AND b.recording_id = r.recording_id
    AND b.variant = r.variant
    AND b.run_index = r.run_index
