-- mart: talk_numbers
-- grain: transcript
-- key: provider, recording_id, variant, run_index, untimed_turn
-- stored: no
-- description:
--   The number of each turn of talk in order of time: a row for each run of talk, and one for each turn of the vendor
--   that has words and no time at all. Such a turn goes with the neighbour of the same speaker in the vendor's list, the
--   one before rather than the one behind; without one it is a turn of talk of its own behind what is listed before it.
-- columns:
--   run_index INTEGER: the run, as in talk_runs; NULL for a turn without a time
--   untimed_turn INTEGER: the vendor's turn without a time; NULL for a run
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   joined_index INTEGER: the turn of talk, from 0
--   words BIGINT: words of the untimed turn; 0 for a run
WITH
-- Where every turn has a time nothing is looked at.
concerned AS (
    SELECT DISTINCT provider, recording_id, variant
    FROM word_units
    WHERE nth IS NULL AND word_count > 0
),
units AS (
    SELECT u.provider, u.recording_id, u.variant, u.speaker, u.nth, f.talk_index
    FROM unit_runs AS u
    JOIN concerned AS c
        ON c.provider = u.provider AND c.recording_id = u.recording_id AND c.variant = u.variant
    JOIN floor_turns AS f
        ON f.provider = u.provider
        AND f.recording_id = u.recording_id
        AND f.variant = u.variant
        AND f.run_index = u.run_index
),
listed AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.turn_index,
        max(w.speaker) AS speaker,
        min_by(w.nth, w.place_ms) AS first_nth,
        max_by(w.nth, w.place_ms) AS last_nth,
        sum(w.word_count) AS words
    FROM word_units AS w
    JOIN concerned AS c
        ON c.provider = w.provider AND c.recording_id = w.recording_id AND c.variant = w.variant
    GROUP BY w.provider, w.recording_id, w.variant, w.turn_index
),
placed AS (
    SELECT
        l.*,
        a.talk_index AS first_talk,
        b.talk_index AS last_talk,
        CASE
            WHEN l.speaker IS DISTINCT FROM lag(l.speaker) OVER (
                PARTITION BY l.provider, l.recording_id, l.variant ORDER BY l.turn_index
            ) THEN 1
            ELSE 0
        END AS changes
    FROM listed AS l
    LEFT JOIN units AS a
        ON a.provider = l.provider
        AND a.recording_id = l.recording_id
        AND a.variant = l.variant
        AND a.speaker IS NOT DISTINCT FROM l.speaker
        AND a.nth = l.first_nth
    LEFT JOIN units AS b
        ON b.provider = l.provider
        AND b.recording_id = l.recording_id
        AND b.variant = l.variant
        AND b.speaker IS NOT DISTINCT FROM l.speaker
        AND b.nth = l.last_nth
    WHERE l.words > 0
),
in_groups AS (
    SELECT
        *,
        sum(changes) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY turn_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS of_group
    FROM placed
),
counted AS (
    SELECT
        *,
        count(last_talk) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY turn_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS timed_so_far,
        count(last_talk) OVER (
            PARTITION BY provider, recording_id, variant, of_group ORDER BY turn_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS timed_of_group
    FROM in_groups
),
neighbours AS (
    SELECT
        *,
        max(last_talk) OVER (PARTITION BY provider, recording_id, variant, of_group, timed_of_group) AS own_talk,
        max(CASE WHEN timed_of_group = 1 THEN first_talk END) OVER (
            PARTITION BY provider, recording_id, variant, of_group
        ) AS talk_of_group,
        max(last_talk) OVER (PARTITION BY provider, recording_id, variant, timed_so_far) AS behind
    FROM counted
),
untimed AS (
    SELECT
        provider,
        recording_id,
        variant,
        turn_index,
        speaker,
        words,
        coalesce(own_talk, talk_of_group, behind, -1) AS talk_index,
        CASE WHEN coalesce(own_talk, talk_of_group) IS NULL THEN of_group ELSE 0 END AS of_group
    FROM neighbours
    WHERE last_talk IS NULL
),
everything AS (
    SELECT
        provider,
        recording_id,
        variant,
        run_index,
        NULL AS untimed_turn,
        speaker,
        talk_index,
        0 AS of_group,
        0 AS words
    FROM floor_turns
    UNION ALL
    SELECT provider, recording_id, variant, NULL, turn_index, speaker, talk_index, of_group, words
    FROM untimed
)
SELECT
    provider,
    recording_id,
    variant,
    run_index,
    untimed_turn,
    speaker,
    CAST(dense_rank() OVER (
        PARTITION BY provider, recording_id, variant ORDER BY talk_index, of_group
    ) - 1 AS INTEGER) AS joined_index,
    words
FROM everything
