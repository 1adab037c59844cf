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
WITH asked AS (
    SELECT
        s.provider,
        s.recording_id,
        s.variant,
        s.sentence,
        max(l.list_language) AS list_language,
        max(CASE WHEN s.asks THEN s.word_index END) AS word_index
    FROM asking_sentences AS s
    JOIN transcript_languages AS l
        ON l.provider = s.provider AND l.recording_id = s.recording_id AND l.variant = s.variant
    GROUP BY s.provider, s.recording_id, s.variant, s.sentence
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
    JOIN asking_sentences AS n
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
JOIN asking_sentences AS w
    ON w.provider = a.provider
    AND w.recording_id = a.recording_id
    AND w.variant = a.variant
    AND w.word_index = coalesce(j.word_index, a.word_index)
LEFT JOIN listed AS g ON g.language = a.list_language
