-- mart: speaker_wording
-- grain: transcript
-- key: provider, recording_id, variant, speaker
-- description:
--   One row per transcript and speaker with words in the final text: how varied the words are, and how much is asked.
--   The type-token ratio falls with the length of any text; the moving average (MATTR, Covington and McFall 2010) over
--   windows of diversity_words words does not, and is what compares speakers.
-- columns:
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   words BIGINT: words of the final text, struck ones left out
--   types BIGINT: different terms among them
--   type_token_ratio DOUBLE: types over words
--   moving_type_token_ratio DOUBLE: mean of the ratio over all windows of diversity_words words in a row of the speaker;
--     NULL with fewer words
--   questions BIGINT: questions, by the mart of that name
--   questions_wh BIGINT: of those, with a question word; NULL when the language has no list
--   questions_tag BIGINT: of those, tag questions; NULL as above
--   questions_yes_no BIGINT: of those, others; NULL as above
--   question_rate DOUBLE [per 100 words]: questions in a hundred words
WITH asked AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        count(*) AS questions,
        count(*) FILTER (WHERE kind = 'wh') AS questions_wh,
        count(*) FILTER (WHERE kind = 'tag') AS questions_tag,
        count(*) FILTER (WHERE kind = 'yes_no') AS questions_yes_no
    FROM questions
    GROUP BY provider, recording_id, variant, speaker
),
listed AS (
    SELECT DISTINCT language
    FROM question_words
)
SELECT
    c.provider,
    c.recording_id,
    c.variant,
    c.speaker,
    c.words,
    c.types,
    c.types / c.words AS type_token_ratio,
    CASE WHEN c.words >= c.window_words THEN c.firsts / (c.window_words * (c.words - c.window_words + 1)) END
        AS moving_type_token_ratio,
    coalesce(a.questions, 0) AS questions,
    CASE WHEN g.language IS NOT NULL THEN coalesce(a.questions_wh, 0) END AS questions_wh,
    CASE WHEN g.language IS NOT NULL THEN coalesce(a.questions_tag, 0) END AS questions_tag,
    CASE WHEN g.language IS NOT NULL THEN coalesce(a.questions_yes_no, 0) END AS questions_yes_no,
    100 * coalesce(a.questions, 0) / c.words AS question_rate
FROM speaker_variety AS c
JOIN transcript_languages AS l
    ON l.provider = c.provider AND l.recording_id = c.recording_id AND l.variant = c.variant
LEFT JOIN listed AS g ON g.language = l.list_language
LEFT JOIN asked AS a
    ON a.provider = c.provider
    AND a.recording_id = c.recording_id
    AND a.variant = c.variant
    AND a.speaker IS NOT DISTINCT FROM c.speaker
