-- mart: questions
-- grain: transcript
-- key: provider, recording_id, variant, word_index
-- description:
--   One row per question of the final text: a sentence with a question mark, also before a closing quotation mark or
--   bracket; ';' in Greek, the mark on the word in Armenian. By the seed sentence_marks. The kind follows Stivers and
--   Enfield (2010): wh, when one of its first three words is a question word of the language; tag, when it ends with a
--   tag such as 'right?' behind something else; yes_no otherwise, which holds questions in the form of a statement too.
--   By the seed question_words.
-- columns:
--   word_index INTEGER: the token in which the word with the question mark begins: the last word before the mark where
--     that comes by itself; the mark's own token where no word is said
--   turn_index INTEGER: the turn that stands in
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start of that word; NULL when untimed
--   words BIGINT: words of the sentence
--   kind VARCHAR: 'wh', 'tag' or 'yes_no'; NULL when the language has no list
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
        w.speaker,
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
        asks,
        sum(begins) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS sentence
    FROM begun
),
marks AS (
    SELECT provider, recording_id, variant, sentence, max(word_index) AS word_index
    FROM numbered
    WHERE asks
    GROUP BY provider, recording_id, variant, sentence
),
asked AS (
    SELECT
        m.provider,
        m.recording_id,
        m.variant,
        m.sentence,
        l.list_language,
        m.word_index
    FROM marks AS m
    JOIN transcript_languages AS l
        ON l.provider = m.provider AND l.recording_id = m.recording_id AND l.variant = m.variant
),
placed AS (
    SELECT
        n.provider,
        n.recording_id,
        n.variant,
        n.sentence,
        s.term,
        s.word_index,
        s.position,
        max(CASE WHEN s.word_index <= a.word_index THEN s.position END) OVER (
            PARTITION BY n.provider, n.recording_id, n.variant, n.sentence
        ) AS asking_position,
        row_number() OVER sentence_words AS nth,
        count(*) OVER (PARTITION BY n.provider, n.recording_id, n.variant, n.sentence) AS words,
        lag(s.term) OVER sentence_words AS one_before,
        lag(s.term, 2) OVER sentence_words AS two_before
    FROM asked AS a
    JOIN numbered AS n
        ON n.provider = a.provider
        AND n.recording_id = a.recording_id
        AND n.variant = a.variant
        AND n.sentence = a.sentence
    JOIN spoken_words AS s
        ON s.provider = n.provider
        AND s.recording_id = n.recording_id
        AND s.variant = n.variant
        AND s.word_index = n.word_index
    WINDOW sentence_words AS (PARTITION BY n.provider, n.recording_id, n.variant, n.sentence ORDER BY s.position)
),
judged AS (
    SELECT
        p.provider,
        p.recording_id,
        p.variant,
        p.sentence,
        max(p.words) AS words,
        max(CASE WHEN p.position = p.asking_position THEN p.word_index END) AS word_index,
        max(CASE WHEN q.kind = 'wh' AND p.nth <= 3 AND q.word = p.term THEN 1 ELSE 0 END) AS is_wh,
        max(
            CASE
                WHEN q.kind <> 'tag' OR p.nth < p.words THEN 0
                WHEN q.word = p.term AND p.words > 1 THEN 1
                WHEN q.word = concat(p.one_before, ' ', p.term) AND p.words > 2 THEN 1
                WHEN q.word = concat(p.two_before, ' ', p.one_before, ' ', p.term) AND p.words > 3 THEN 1
                ELSE 0
            END
        ) AS is_tag
    FROM placed AS p
    JOIN asked AS a
        ON a.provider = p.provider
        AND a.recording_id = p.recording_id
        AND a.variant = p.variant
        AND a.sentence = p.sentence
    LEFT JOIN question_words AS q ON q.language = a.list_language
    WHERE p.nth <= 3 OR p.nth = p.words OR p.position = p.asking_position
    GROUP BY p.provider, p.recording_id, p.variant, p.sentence
),
listed AS (
    SELECT DISTINCT language
    FROM question_words
)
SELECT
    a.provider,
    a.recording_id,
    a.variant,
    w.word_index,
    w.turn_index,
    w.speaker,
    w.start_ms,
    coalesce(j.words, 0) AS words,
    CASE
        WHEN g.language IS NULL THEN NULL
        WHEN j.is_wh = 1 THEN 'wh'
        WHEN j.is_tag = 1 THEN 'tag'
        ELSE 'yes_no'
    END AS kind
FROM asked AS a
LEFT JOIN judged AS j
    ON j.provider = a.provider
    AND j.recording_id = a.recording_id
    AND j.variant = a.variant
    AND j.sentence = a.sentence
JOIN words AS w
    ON w.provider = a.provider
    AND w.recording_id = a.recording_id
    AND w.variant = a.variant
    AND w.word_index = coalesce(j.word_index, a.word_index)
LEFT JOIN listed AS g ON g.language = a.list_language
