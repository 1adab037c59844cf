-- mart: asking_sentences
-- grain: transcript
-- key: provider, recording_id, variant, word_index
-- stored: no
-- description:
--   One row per token of a sentence of the final text in which a question mark stands. A sentence ends with a mark of the
--   seed sentence_marks, also before a closing quotation mark or bracket, and where the speaker changes; by questions.
-- columns:
--   word_index INTEGER: position of the token in the transcript
--   turn_index INTEGER: the turn it stands in
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start; NULL when untimed
--   sentence BIGINT: number of the sentence in the transcript
--   asks BOOLEAN: true when a question mark stands in the token or right behind it
WITH
-- Once per text that occurs, however often it does.
distinct_texts AS (
    SELECT w.text, trim(LEADING concat(m.asks, m.states, m.closes) FROM w.text) AS headless, m.*
    FROM (SELECT DISTINCT text FROM words) AS w
    CROSS JOIN sentence_marks AS m
),
-- Marks and a space before the words of a token (". By") end what was said before it.
parted AS (
    SELECT
        *,
        headless <> ''
        AND trim(LEADING concat(asks, states, closes) FROM split_part(text, ' ', 1)) = '' AS fronted
    FROM distinct_texts
),
halves AS (
    SELECT
        *,
        CASE WHEN fronted THEN split_part(text, ' ', 1) ELSE '' END AS front,
        CASE WHEN fronted THEN headless ELSE text END AS own,
        trim(TRAILING closes FROM CASE WHEN fronted THEN headless ELSE text END) AS ending
    FROM parted
),
texts AS (
    SELECT
        text,
        translate(own, concat(asks, asks_within), '') <> own AS asks,
        trim(TRAILING asks_in_greek FROM ending) <> ending AS asks_in_greek,
        translate(own, asks_within, '') <> own AS asks_within,
        trim(TRAILING states FROM ending) <> ending AS states,
        translate(front, asks, '') <> front AS front_asks,
        translate(front, concat(asks, states), '') <> front AS front_ends
    FROM halves
),
greek AS (
    SELECT provider, recording_id, variant
    FROM transcript_languages
    WHERE base_language = 'el'
),
marked AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.word_index,
        w.turn_index,
        w.speaker,
        w.start_ms,
        -- A piece of a word, such as the 5 of 3 . 5.
        w.kind = 'word' AND w.word_count = 0 AND w.text <> '' AS continues,
        t.states,
        t.asks OR (t.asks_in_greek AND g.provider IS NOT NULL) AS asks,
        t.asks_within,
        t.front_asks,
        t.front_ends
    FROM words AS w
    JOIN texts AS t ON t.text = w.text
    LEFT JOIN greek AS g
        ON g.provider = w.provider AND g.recording_id = w.recording_id AND g.variant = w.variant
    WHERE NOT coalesce(w.struck, false) AND w.kind <> 'tag'
),
begun AS (
    SELECT
        provider,
        recording_id,
        variant,
        word_index,
        turn_index,
        speaker,
        start_ms,
        asks OR coalesce(lead(front_asks) OVER transcript, false) AS asks,
        CASE
            WHEN speaker IS DISTINCT FROM lag(speaker) OVER transcript THEN 1
            WHEN front_ends THEN 1
            WHEN continues THEN 0
            WHEN lag(states) OVER transcript THEN 1
            WHEN lag(asks) OVER transcript AND NOT lag(asks_within) OVER transcript THEN 1
            ELSE 0
        END AS begins
    FROM marked
    WINDOW transcript AS (PARTITION BY provider, recording_id, variant ORDER BY word_index)
),
numbered AS (
    SELECT
        provider,
        recording_id,
        variant,
        word_index,
        turn_index,
        speaker,
        start_ms,
        asks,
        sum(begins) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS sentence
    FROM begun
),
asking AS (
    SELECT DISTINCT provider, recording_id, variant, sentence
    FROM numbered
    WHERE asks
)
SELECT
    n.provider,
    n.recording_id,
    n.variant,
    n.word_index,
    n.turn_index,
    n.speaker,
    n.start_ms,
    n.sentence,
    n.asks
FROM numbered AS n
JOIN asking AS a
    ON a.provider = n.provider
    AND a.recording_id = n.recording_id
    AND a.variant = n.variant
    AND a.sentence = n.sentence
