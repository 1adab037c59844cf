-- mart: questions
-- grain: transcript
-- key: provider, recording_id, variant, word_index
-- description:
--   One row per question of the final text: a sentence with a question mark, also before a closing quotation mark or
--   bracket; ';' in Greek, the mark on the word in Armenian. The kind follows Stivers and Enfield (2010): wh, when one of
--   its first three words is a question word of the language; tag, when it ends with a tag such as 'right?' behind
--   something else; yes_no otherwise, which holds questions in the form of a statement too. By the seed question_words.
-- columns:
--   word_index INTEGER: the token with its last question mark
--   turn_index INTEGER: the turn that stands in
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start of that token; NULL when untimed
--   words BIGINT: words of the sentence
--   kind VARCHAR: 'wh', 'tag' or 'yes_no'; NULL when the language has no list
WITH endings AS (
    SELECT text, trim(TRAILING '"''”’»›)]}」』）' FROM text) AS said
    FROM (SELECT DISTINCT text FROM words) AS distinct_texts
),
-- Once per text that occurs, however often it does.
texts AS (
    SELECT
        text,
        text LIKE '%?%'
        OR text LIKE '%？%'
        OR text LIKE '%؟%'
        OR text LIKE '%⸮%'
        OR text LIKE '%;%'
        OR text LIKE '%՞%' AS asks,
        said LIKE '%;' AS asks_in_greek,
        text LIKE '%՞%' AS asks_within,
        said LIKE '%.'
        OR said LIKE '%!'
        OR said LIKE '%…'
        OR said LIKE '%。'
        OR said LIKE '%！'
        OR said LIKE '%।'
        OR said LIKE '%۔'
        OR said LIKE '%։' AS states
    FROM endings
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
        t.states,
        t.asks OR (t.asks_in_greek AND g.provider IS NOT NULL) AS asks,
        t.asks_within
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
        asks,
        CASE
            WHEN speaker IS DISTINCT FROM lag(speaker) OVER transcript THEN 1
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
        w.speaker,
        m.word_index,
        w.turn_index,
        w.start_ms
    FROM marks AS m
    JOIN words AS w
        ON w.provider = m.provider
        AND w.recording_id = m.recording_id
        AND w.variant = m.variant
        AND w.word_index = m.word_index
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
    WHERE p.nth <= 3 OR p.nth = p.words
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
    a.word_index,
    a.turn_index,
    a.speaker,
    a.start_ms,
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
LEFT JOIN listed AS g ON g.language = a.list_language
