-- mart: speech_rate_timeline
-- grain: transcript
-- key: provider, recording_id, variant, minute, speaker
-- description:
--   One row per whole minute of the conversation, from 0 to the last one spoken in, and speaker, those silent in it
--   too. Speakers without a timed turn are left out.
-- columns:
--   minute INTEGER [minutes]: minute of the media, from 0
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   words BIGINT: words whose token starts in the minute, struck ones included; untimed ones are left out
--   speaking_ms BIGINT [ms]: speaking time within the minute, 0 to 60000
--   speech_rate_wpm DOUBLE [words/minute]: words over speaking_ms; NULL when that is under rate_speaking_ms
WITH RECURSIVE minutes AS (
    SELECT CAST(0 AS BIGINT) AS minute
    UNION ALL
    SELECT minute + 1 FROM minutes
    WHERE minute < (SELECT max(end_ms - 1) / 60000 - 1 FROM speech_spans)
),
speakers AS (
    SELECT provider, recording_id, variant, speaker
    FROM speech_spans
    GROUP BY provider, recording_id, variant, speaker
),
lasts AS (
    SELECT provider, recording_id, variant, max(end_ms) AS end_ms
    FROM speech_spans
    GROUP BY provider, recording_id, variant
),
spoken AS (
    SELECT
        s.provider,
        s.recording_id,
        s.variant,
        s.speaker,
        m.minute,
        sum(
            CASE WHEN s.end_ms < 60000 * (m.minute + 1) THEN s.end_ms ELSE 60000 * (m.minute + 1) END
            - CASE WHEN s.start_ms > 60000 * m.minute THEN s.start_ms ELSE 60000 * m.minute END
        ) AS speaking_ms
    FROM speech_spans AS s
    JOIN minutes AS m ON s.start_ms < 60000 * (m.minute + 1) AND s.end_ms > 60000 * m.minute
    GROUP BY s.provider, s.recording_id, s.variant, s.speaker, m.minute
),
said AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        CAST(floor(start_ms / 60000) AS BIGINT) AS minute,
        sum(word_count) AS words
    FROM words
    WHERE start_ms <= end_ms AND word_count > 0
    GROUP BY provider, recording_id, variant, speaker, CAST(floor(start_ms / 60000) AS BIGINT)
)
SELECT
    p.provider,
    p.recording_id,
    p.variant,
    m.minute,
    p.speaker,
    coalesce(w.words, 0) AS words,
    coalesce(s.speaking_ms, 0) AS speaking_ms,
    CASE WHEN s.speaking_ms >= th.rate_speaking_ms THEN 60000 * coalesce(w.words, 0) / s.speaking_ms END
        AS speech_rate_wpm
FROM speakers AS p
CROSS JOIN thresholds AS th
JOIN lasts AS l
    ON l.provider = p.provider AND l.recording_id = p.recording_id AND l.variant = p.variant
JOIN minutes AS m ON 60000 * m.minute < l.end_ms
LEFT JOIN spoken AS s
    ON s.provider = p.provider
    AND s.recording_id = p.recording_id
    AND s.variant = p.variant
    AND s.speaker IS NOT DISTINCT FROM p.speaker
    AND s.minute = m.minute
LEFT JOIN said AS w
    ON w.provider = p.provider
    AND w.recording_id = p.recording_id
    AND w.variant = p.variant
    AND w.speaker IS NOT DISTINCT FROM p.speaker
    AND w.minute = m.minute
