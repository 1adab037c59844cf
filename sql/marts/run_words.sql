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
--   asks BOOLEAN: true when it ends with a question mark (Greek and Armenian ones too), closing quotation marks,
--     brackets, exclamation marks and points behind it aside
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
languages AS (
    SELECT DISTINCT language FROM acknowledgements_by_language
),
ends AS (
    SELECT
        r.provider,
        r.recording_id,
        r.variant,
        r.run_index,
        r.words,
        l.base_language,
        g.language IS NOT NULL AS has_acknowledgements,
        trim(TRAILING '"''”’»›)]}」』）!！.… ' FROM concat(w.text, coalesce(behind.text, ''), coalesce(after_that.text, '')))
            AS ending
    FROM talk_runs AS r
    JOIN words AS w
        ON w.provider = r.provider
        AND w.recording_id = r.recording_id
        AND w.variant = r.variant
        AND w.word_index = r.last_word_index
    LEFT JOIN words AS behind
        ON behind.provider = w.provider
        AND behind.recording_id = w.recording_id
        AND behind.variant = w.variant
        AND behind.word_index = w.word_index + 1
        AND behind.turn_index = w.turn_index
        AND behind.kind = 'punct'
    LEFT JOIN words AS after_that
        ON after_that.provider = w.provider
        AND after_that.recording_id = w.recording_id
        AND after_that.variant = w.variant
        AND after_that.word_index = behind.word_index + 1
        AND after_that.turn_index = w.turn_index
        AND after_that.kind = 'punct'
    LEFT JOIN transcript_languages AS l
        ON l.provider = r.provider AND l.recording_id = r.recording_id AND l.variant = r.variant
    LEFT JOIN languages AS g ON g.language = l.base_language
)
SELECT
    e.provider,
    e.recording_id,
    e.variant,
    e.run_index,
    coalesce(
        e.ending LIKE '%?'
        OR e.ending LIKE '%？'
        OR e.ending LIKE '%؟'
        OR e.ending LIKE '%⸮'
        OR e.ending LIKE '%;'
        OR (e.ending LIKE '%՞%' AND e.ending NOT LIKE '%՞% %')
        OR (e.base_language = 'el' AND e.ending LIKE '%;'),
        false
    ) AS asks,
    CASE WHEN e.has_acknowledgements AND e.words <= th.back_channel_words THEN coalesce(b.all_listed, 0) = 1 END
        AS acknowledges
FROM ends AS e
CROSS JOIN thresholds AS th
LEFT JOIN best AS b
    ON b.provider = e.provider
    AND b.recording_id = e.recording_id
    AND b.variant = e.variant
    AND b.run_index = e.run_index
