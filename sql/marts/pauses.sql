-- mart: pauses
-- grain: transcript
-- key: provider, recording_id, variant, word_index
-- description:
--   One row per pause: at least pause_ms of silence within a turn of talk, between one timed token and the next. The
--   silence begins where the latest token of the turn so far ends. Words without times may have been said in it:
--   untimed_words of transcript_quality tells where.
-- columns:
--   word_index INTEGER: the token after the pause
--   joined_index INTEGER: the turn of talk, as in joined_turns
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start of the pause
--   end_ms INTEGER [ms]: end of the pause
--   duration_ms INTEGER [ms]: its length
WITH timed AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        j.joined_index,
        j.speaker,
        w.word_index,
        w.start_ms,
        max(w.end_ms) OVER (
            PARTITION BY w.provider, w.recording_id, w.variant, j.joined_index ORDER BY w.start_ms, w.word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_ms
    FROM words AS w
    JOIN turn_joins AS j
        ON j.provider = w.provider
        AND j.recording_id = w.recording_id
        AND j.variant = w.variant
        AND j.turn_index = w.turn_index
    WHERE w.start_ms <= w.end_ms
)
SELECT
    provider,
    recording_id,
    variant,
    word_index,
    joined_index,
    speaker,
    before_ms AS start_ms,
    start_ms AS end_ms,
    start_ms - before_ms AS duration_ms
FROM timed
CROSS JOIN thresholds AS th
WHERE start_ms - before_ms >= th.pause_ms
