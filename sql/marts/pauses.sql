-- mart: pauses
-- grain: transcript
-- key: provider, recording_id, variant, word_index
-- shown: view
-- description:
--   One row per pause: the silence of the speaker between two inter-pausal units of one turn of talk, at least pause_ms
--   long. Another may have said something in it that did not take the floor. Where words without a known time may have
--   been said is no pause.
-- columns:
--   word_index INTEGER: the token after the pause
--   joined_index INTEGER: the turn of talk, as in joined_turns
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start of the pause
--   end_ms INTEGER [ms]: end of the pause
--   duration_ms INTEGER [ms]: its length
WITH untimed AS (
    SELECT provider, recording_id, variant, start_ms, end_ms
    FROM untimed_stretches
),
followed AS (
    SELECT
        u.provider,
        u.recording_id,
        u.variant,
        i.first_word_index AS word_index,
        t.joined_index,
        u.speaker,
        lag(u.end_ms) OVER (
            PARTITION BY u.provider, u.recording_id, u.variant, t.joined_index ORDER BY u.unit_index
        ) AS start_ms,
        u.start_ms AS end_ms
    FROM unit_runs AS u
    JOIN talk_numbers AS t
        ON t.provider = u.provider
        AND t.recording_id = u.recording_id
        AND t.variant = u.variant
        AND t.run_index = u.run_index
    JOIN speech_units AS i
        ON i.provider = u.provider
        AND i.recording_id = u.recording_id
        AND i.variant = u.variant
        AND i.unit_index = u.unit_index
),
merged AS (
    SELECT provider, recording_id, variant, start_ms AS at_ms, end_ms AS hidden_until_ms, NULL AS word_index
    FROM untimed
    UNION ALL
    SELECT provider, recording_id, variant, end_ms AS at_ms, NULL AS hidden_until_ms, word_index
    FROM followed
    WHERE start_ms IS NOT NULL
),
watched AS (
    SELECT
        *,
        max(hidden_until_ms) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY at_ms, word_index NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS latest_hidden_ms
    FROM merged
)
SELECT
    f.provider,
    f.recording_id,
    f.variant,
    f.word_index,
    f.joined_index,
    f.speaker,
    f.start_ms,
    f.end_ms,
    f.end_ms - f.start_ms AS duration_ms
FROM followed AS f
JOIN watched AS w
    ON w.provider = f.provider
    AND w.recording_id = f.recording_id
    AND w.variant = f.variant
    AND w.word_index = f.word_index
WHERE coalesce(w.latest_hidden_ms <= f.start_ms, true)
