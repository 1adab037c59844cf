-- mart: talk_parts
-- grain: transcript
-- key: provider, recording_id, variant, turn_index, joined_index
-- description:
--   One row per turn as the vendor cut it and turn of talk that holds words of it. The vendor's cut is no change of
--   speaker, so a turn of talk may hold many; and a turn of the vendor that goes on after a lapse, or after somebody
--   else took the floor, holds several turns of talk. Turns without words have no row.
-- columns:
--   turn_index INTEGER: turn of the vendor, as in turns
--   joined_index INTEGER: turn of talk, as in joined_turns
--   first_word_index INTEGER: its first token of kind 'word' in that turn of talk
--   start_ms INTEGER [ms]: where it starts in time; NULL when untimed
WITH parts AS (
    SELECT
        provider,
        recording_id,
        variant,
        turn_index,
        speaker,
        nth,
        min(word_index) AS word_index,
        min(start_ms) AS start_ms
    FROM word_units
    GROUP BY provider, recording_id, variant, turn_index, speaker, nth
),
timed AS (
    SELECT p.provider, p.recording_id, p.variant, p.turn_index, t.joined_index, p.word_index, p.start_ms
    FROM parts AS p
    JOIN unit_runs AS u
        ON u.provider = p.provider
        AND u.recording_id = p.recording_id
        AND u.variant = p.variant
        AND u.speaker IS NOT DISTINCT FROM p.speaker
        AND u.nth = p.nth
    JOIN talk_numbers AS t
        ON t.provider = u.provider
        AND t.recording_id = u.recording_id
        AND t.variant = u.variant
        AND t.run_index = u.run_index
),
untimed AS (
    SELECT p.provider, p.recording_id, p.variant, p.turn_index, t.joined_index, p.word_index, p.start_ms
    FROM parts AS p
    JOIN talk_numbers AS t
        ON t.provider = p.provider
        AND t.recording_id = p.recording_id
        AND t.variant = p.variant
        AND t.untimed_turn = p.turn_index
),
together AS (
    SELECT * FROM timed
    UNION ALL
    SELECT * FROM untimed
)
SELECT
    provider,
    recording_id,
    variant,
    turn_index,
    joined_index,
    min(word_index) AS first_word_index,
    min(start_ms) AS start_ms
FROM together
GROUP BY provider, recording_id, variant, turn_index, joined_index
