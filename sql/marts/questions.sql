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
WITH tokens AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.word_index,
        w.turn_index,
        w.speaker,
        w.start_ms,
        w.text,
        l.list_language,
        trim(TRAILING '"''”’»›)]}」』）' FROM w.text) AS said,
        l.base_language = 'el' AS is_greek
    FROM words AS w
    JOIN transcript_languages AS l
        ON l.provider = w.provider AND l.recording_id = w.recording_id AND l.variant = w.variant
    WHERE NOT coalesce(w.struck, false) AND w.kind <> 'tag'
),
marked AS (
    SELECT
        *,
        text LIKE '%?%'
        OR text LIKE '%？%'
        OR text LIKE '%؟%'
        OR text LIKE '%⸮%'
        OR text LIKE '%;%'
        OR text LIKE '%՞%'
        OR (coalesce(is_greek, false) AND said LIKE '%;') AS asks,
        said LIKE '%.'
        OR said LIKE '%!'
        OR said LIKE '%…'
        OR said LIKE '%。'
        OR said LIKE '%！'
        OR said LIKE '%।'
        OR said LIKE '%۔'
        OR said LIKE '%։' AS states
    FROM tokens
),
begun AS (
    SELECT
        *,
        CASE
            WHEN speaker IS DISTINCT FROM lag(speaker) OVER transcript THEN 1
            WHEN lag(states) OVER transcript THEN 1
            WHEN lag(asks) OVER transcript AND lag(text) OVER transcript NOT LIKE '%՞%' THEN 1
            ELSE 0
        END AS begins
    FROM marked
    WINDOW transcript AS (PARTITION BY provider, recording_id, variant ORDER BY word_index)
),
numbered AS (
    SELECT
        *,
        sum(begins) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS sentence
    FROM begun
),
asked AS (
    SELECT
        provider,
        recording_id,
        variant,
        sentence,
        max(list_language) AS list_language,
        max(speaker) AS speaker,
        max(word_index) AS word_index,
        max_by(turn_index, word_index) AS turn_index,
        max_by(coalesce(start_ms, -1), word_index) AS start_ms
    FROM numbered
    WHERE asks
    GROUP BY provider, recording_id, variant, sentence
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
    nullif(a.start_ms, -1) AS start_ms,
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
