-- mart: question_ends
-- grain: transcript
-- key: provider, recording_id, variant, word_index
-- stored: no
-- description:
--   One row per token that ends a run of talk, or a turn of the vendor that has no time at all: whether a question ends
--   there. By the seed sentence_marks: what comes behind the word as punctuation of its own belongs to it, and closing
--   quotation marks, brackets, exclamation marks and points may stand behind the question mark.
-- columns:
--   word_index INTEGER: the token of kind 'word'
--   turn_index INTEGER: turn of the vendor it stands in
--   asks BOOLEAN: true when a question ends there
WITH last_words AS (
    SELECT provider, recording_id, variant, last_word_index AS word_index
    FROM talk_runs
    UNION
    SELECT provider, recording_id, variant, max(word_index) AS word_index
    FROM word_units
    WHERE nth IS NULL
    GROUP BY provider, recording_id, variant, turn_index
),
endings AS (
    SELECT
        r.provider,
        r.recording_id,
        r.variant,
        r.word_index,
        w.turn_index,
        coalesce(l.base_language, '') AS base_language,
        trim(
            TRAILING concat(m.closes, m.states)
            FROM concat(w.text, coalesce(behind.text, ''), coalesce(after_that.text, ''))
        ) AS ending
    FROM last_words AS r
    CROSS JOIN sentence_marks AS m
    JOIN words AS w
        ON w.provider = r.provider
        AND w.recording_id = r.recording_id
        AND w.variant = r.variant
        AND w.word_index = r.word_index
    JOIN transcript_languages AS l
        ON l.provider = r.provider AND l.recording_id = r.recording_id AND l.variant = r.variant
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
)
SELECT
    e.provider,
    e.recording_id,
    e.variant,
    e.word_index,
    e.turn_index,
    -- A question mark goes away with the others; on the word it does not stand at the end.
    trim(TRAILING concat(m.asks, CASE WHEN e.base_language = 'el' THEN m.asks_in_greek ELSE '' END) FROM e.ending) <> e.ending
    OR (
        translate(e.ending, m.asks_within, '') <> e.ending
        AND e.ending NOT LIKE concat('%', m.asks_within, '% %')
    ) AS asks
FROM endings AS e
CROSS JOIN sentence_marks AS m
