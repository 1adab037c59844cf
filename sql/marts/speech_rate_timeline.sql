-- mart: speech_rate_timeline
-- grain: transcript
-- key: provider, recording_id, variant, minute, speaker
-- shown: view
-- description:
--   One row per whole minute of the conversation, from 0 to the last one spoken in, and speaker, those silent in it
--   too. Speakers without a timed word are left out. No time can be beyond the media's end, or beyond longest_media_ms
--   where that is not known, so the rows are bounded whatever a transcript claims.
-- columns:
--   minute INTEGER [minutes]: minute of the media, from 0
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   words BIGINT: words spoken in the minute, struck ones included: by the start of their token, or, of one without a
--     time, by that of the token it goes with: the timed one before it in its turn, else the one behind it
--   timed_words BIGINT: of those, words with a time that can be
--   speaking_ms BIGINT [ms]: time of inter-pausal units within the minute, 0 to 60000
--   talk_ms BIGINT [ms]: time of turns of talk within the minute, pauses in, 0 to 60000
--   speech_rate_wpm DOUBLE [words/minute]: words over talk_ms; NULL when that is under rate_speaking_ms, or fewer than
--     rate_timed_percent of the words are timed
WITH RECURSIVE minutes AS (
    SELECT CAST(0 AS BIGINT) AS minute
    UNION ALL
    SELECT minute + 1 FROM minutes
    WHERE minute < (SELECT max(end_ms - 1) / 60000 - 1 FROM speech_units)
),
present AS (
    SELECT provider, recording_id, variant, speaker
    FROM speech_units
    GROUP BY provider, recording_id, variant, speaker
),
lasts AS (
    SELECT provider, recording_id, variant, max(end_ms) AS end_ms
    FROM speech_units
    GROUP BY provider, recording_id, variant
),
stretches AS (
    SELECT provider, recording_id, variant, speaker, start_ms, end_ms, 1 AS spoken, 0 AS held FROM speech_units
    UNION ALL
    SELECT provider, recording_id, variant, speaker, start_ms, end_ms, 0 AS spoken, 1 AS held FROM joined_turns
),
covered AS (
    SELECT
        s.provider,
        s.recording_id,
        s.variant,
        s.speaker,
        m.minute,
        s.spoken,
        s.held,
        least(s.end_ms, 60000 * (m.minute + 1)) - greatest(s.start_ms, 60000 * m.minute) AS part_ms
    FROM stretches AS s
    JOIN minutes AS m ON s.start_ms < 60000 * (m.minute + 1) AND s.end_ms > 60000 * m.minute
),
timed AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        minute,
        sum(part_ms * spoken) AS speaking_ms,
        sum(part_ms * held) AS talk_ms
    FROM covered
    GROUP BY provider, recording_id, variant, speaker, minute
),
said AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        CAST(floor(place_ms / 60000) AS BIGINT) AS minute,
        sum(word_count) AS words,
        sum(CASE WHEN start_ms IS NOT NULL THEN word_count ELSE 0 END) AS timed_words
    FROM word_units
    WHERE place_ms IS NOT NULL AND word_count > 0
    GROUP BY provider, recording_id, variant, speaker, CAST(floor(place_ms / 60000) AS BIGINT)
)
SELECT
    p.provider,
    p.recording_id,
    p.variant,
    m.minute,
    p.speaker,
    coalesce(w.words, 0) AS words,
    coalesce(w.timed_words, 0) AS timed_words,
    coalesce(s.speaking_ms, 0) AS speaking_ms,
    coalesce(s.talk_ms, 0) AS talk_ms,
    CASE
        WHEN s.talk_ms >= th.rate_speaking_ms
            AND 100 * coalesce(w.timed_words, 0) >= th.rate_timed_percent * coalesce(w.words, 0)
            THEN 60000 * coalesce(w.words, 0) / s.talk_ms
    END AS speech_rate_wpm
FROM present AS p
CROSS JOIN thresholds AS th
JOIN lasts AS l
    ON l.provider = p.provider AND l.recording_id = p.recording_id AND l.variant = p.variant
JOIN minutes AS m ON 60000 * m.minute < l.end_ms
LEFT JOIN timed AS s
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
