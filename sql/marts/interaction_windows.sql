-- mart: interaction_windows
-- grain: transcript
-- key: provider, recording_id, variant, window_index
-- description:
--   One row per stretch of window_ms of the conversation, from 0 to the last one spoken in, those without a word too:
--   how lively it was, and how evenly the time was shared. Interactivity as Gong has it, over windows; balance is the
--   entropy of the speakers' speaking time (Shannon 1948), as in conversation_stats.
-- columns:
--   window_index INTEGER: position of the window, from 0
--   start_ms INTEGER [ms]: its start
--   end_ms INTEGER [ms]: its end; the last one reaches beyond the last word
--   speakers BIGINT: who speak in it, the unknown speaker counted as one
--   speaking_ms BIGINT [ms]: their speaking time together, overlaps counted for each
--   silence_ms BIGINT [ms]: time in which nobody speaks, between the first and the last word of the conversation
--   floor_changes BIGINT: turn_transitions in it that take the floor
--   floor_changes_per_minute DOUBLE [per minute]: interactivity: floor_changes over the part of the window between
--     the first and the last word of the conversation; NULL when that has no length
--   turn_balance DOUBLE: entropy of speaking time over its greatest value for as many speakers: 1 when all speak equally
--     long; NULL with fewer than two
WITH RECURSIVE windows AS (
    SELECT CAST(0 AS BIGINT) AS window_index
    UNION ALL
    SELECT w.window_index + 1
    FROM windows AS w
    CROSS JOIN thresholds AS th
    WHERE w.window_index < (SELECT max(u.end_ms - 1) FROM speech_units AS u) / th.window_ms - 1
),
extents AS (
    SELECT provider, recording_id, variant, min(start_ms) AS first_ms, max(end_ms) AS last_ms
    FROM speech_units
    GROUP BY provider, recording_id, variant
),
framed AS (
    SELECT
        e.provider,
        e.recording_id,
        e.variant,
        w.window_index,
        th.window_ms * w.window_index AS start_ms,
        th.window_ms * (w.window_index + 1) AS end_ms,
        greatest(
            least(e.last_ms, th.window_ms * (w.window_index + 1)) - greatest(e.first_ms, th.window_ms * w.window_index),
            0
        ) AS talked_ms
    FROM extents AS e
    CROSS JOIN thresholds AS th
    JOIN windows AS w ON th.window_ms * w.window_index < e.last_ms
),
of_speakers AS (
    SELECT
        u.provider,
        u.recording_id,
        u.variant,
        w.window_index,
        u.speaker,
        sum(least(u.end_ms, th.window_ms * (w.window_index + 1)) - greatest(u.start_ms, th.window_ms * w.window_index))
            AS spoken_ms
    FROM speech_units AS u
    CROSS JOIN thresholds AS th
    JOIN windows AS w
        ON w.window_index >= floor(u.start_ms / th.window_ms) AND w.window_index <= floor((u.end_ms - 1) / th.window_ms)
    GROUP BY u.provider, u.recording_id, u.variant, w.window_index, u.speaker
),
shares AS (
    SELECT
        *,
        sum(spoken_ms) OVER (PARTITION BY provider, recording_id, variant, window_index) AS together_ms
    FROM of_speakers
),
balances AS (
    SELECT
        provider,
        recording_id,
        variant,
        window_index,
        count(*) AS heard,
        sum(spoken_ms) AS spoken_ms,
        sum(0 - spoken_ms / together_ms * ln(spoken_ms / together_ms)) AS entropy
    FROM shares
    GROUP BY provider, recording_id, variant, window_index
),
quiet AS (
    SELECT
        s.provider,
        s.recording_id,
        s.variant,
        w.window_index,
        sum(least(s.end_ms, th.window_ms * (w.window_index + 1)) - greatest(s.start_ms, th.window_ms * w.window_index))
            AS quiet_ms
    FROM simultaneous_speech AS s
    CROSS JOIN thresholds AS th
    JOIN windows AS w
        ON w.window_index >= floor(s.start_ms / th.window_ms) AND w.window_index <= floor((s.end_ms - 1) / th.window_ms)
    WHERE s.speakers = 0 AND NOT s.untimed
    GROUP BY s.provider, s.recording_id, s.variant, w.window_index
),
changed AS (
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        CAST(floor(t.at_ms / th.window_ms) AS BIGINT) AS window_index,
        count(*) AS changes
    FROM turn_transitions AS t
    CROSS JOIN thresholds AS th
    WHERE t.takes_floor
    GROUP BY t.provider, t.recording_id, t.variant, CAST(floor(t.at_ms / th.window_ms) AS BIGINT)
)
SELECT
    f.provider,
    f.recording_id,
    f.variant,
    f.window_index,
    f.start_ms,
    f.end_ms,
    coalesce(b.heard, 0) AS speakers,
    coalesce(b.spoken_ms, 0) AS speaking_ms,
    coalesce(q.quiet_ms, 0) AS silence_ms,
    coalesce(c.changes, 0) AS floor_changes,
    60000 * coalesce(c.changes, 0) / nullif(f.talked_ms, 0) AS floor_changes_per_minute,
    CASE WHEN b.heard >= 2 THEN round(b.entropy / ln(b.heard), 9) END AS turn_balance
FROM framed AS f
LEFT JOIN balances AS b
    ON b.provider = f.provider
    AND b.recording_id = f.recording_id
    AND b.variant = f.variant
    AND b.window_index = f.window_index
LEFT JOIN quiet AS q
    ON q.provider = f.provider
    AND q.recording_id = f.recording_id
    AND q.variant = f.variant
    AND q.window_index = f.window_index
LEFT JOIN changed AS c
    ON c.provider = f.provider
    AND c.recording_id = f.recording_id
    AND c.variant = f.variant
    AND c.window_index = f.window_index
