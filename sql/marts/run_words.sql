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
WITH brief AS (
    SELECT r.provider, r.recording_id, r.variant, r.run_index, u.speaker, u.nth
    FROM talk_runs AS r
    CROSS JOIN thresholds AS th
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
cuts AS (
    SELECT provider, recording_id, variant, run_index, 1 AS cut, first_term AS part FROM side_by_side
    UNION ALL
    SELECT provider, recording_id, variant, run_index, 1, second_term FROM side_by_side WHERE n >= 2
    UNION ALL
    SELECT provider, recording_id, variant, run_index, 1, third_term FROM side_by_side WHERE n >= 3
    UNION ALL
    SELECT provider, recording_id, variant, run_index, 2, concat(first_term, ' ', second_term)
    FROM side_by_side WHERE n >= 2
    UNION ALL
    SELECT provider, recording_id, variant, run_index, 2, third_term FROM side_by_side WHERE n >= 3
    UNION ALL
    SELECT provider, recording_id, variant, run_index, 3, first_term FROM side_by_side WHERE n = 3
    UNION ALL
    SELECT provider, recording_id, variant, run_index, 3, concat(second_term, ' ', third_term)
    FROM side_by_side WHERE n = 3
    UNION ALL
    SELECT provider, recording_id, variant, run_index, 4, concat(first_term, ' ', second_term, ' ', third_term)
    FROM side_by_side WHERE n = 3
),
listed AS (
    SELECT
        c.provider,
        c.recording_id,
        c.variant,
        c.run_index,
        c.cut,
        min(CASE WHEN a.acknowledgement IS NULL THEN 0 ELSE 1 END) AS all_listed
    FROM cuts AS c
    JOIN transcript_languages AS l
        ON l.provider = c.provider AND l.recording_id = c.recording_id AND l.variant = c.variant
    LEFT JOIN acknowledgements_by_language AS a
        ON a.language = l.base_language AND a.acknowledgement = c.part
    GROUP BY c.provider, c.recording_id, c.variant, c.run_index, c.cut
),
best AS (
    SELECT provider, recording_id, variant, run_index, max(all_listed) AS all_listed
    FROM listed
    GROUP BY provider, recording_id, variant, run_index
),
listing AS (
    SELECT DISTINCT language FROM acknowledgements_by_language
)
SELECT
    r.provider,
    r.recording_id,
    r.variant,
    r.run_index,
    e.asks,
    CASE WHEN g.language IS NOT NULL AND r.words <= th.back_channel_words THEN coalesce(b.all_listed, 0) = 1 END
        AS acknowledges
FROM talk_runs AS r
CROSS JOIN thresholds AS th
JOIN question_ends AS e
    ON e.provider = r.provider
    AND e.recording_id = r.recording_id
    AND e.variant = r.variant
    AND e.word_index = r.last_word_index
JOIN transcript_languages AS l
    ON l.provider = r.provider AND l.recording_id = r.recording_id AND l.variant = r.variant
LEFT JOIN listing AS g ON g.language = l.base_language
LEFT JOIN best AS b
    ON b.provider = r.provider
    AND b.recording_id = r.recording_id
    AND b.variant = r.variant
    AND b.run_index = r.run_index
