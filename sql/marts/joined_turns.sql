-- mart: joined_turns
-- grain: transcript
-- key: provider, recording_id, variant, joined_index
-- shown: view
-- description:
--   One row per turn of talk, in order of time whatever the order listed: units of one speaker until another takes the
--   floor, or a lapse of lapse_ms passes in which nobody speaks. Somebody else's back-channel, and what somebody says
--   within the turn without taking the floor, do not end it; they have rows of their own. Every measure of turn-taking
--   starts here.
-- columns:
--   joined_index INTEGER: position in the conversation in order of start, from 0
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start of its first unit; NULL when nothing of it is timed
--   end_ms INTEGER [ms]: latest end of a unit; NULL as above
--   speaking_ms BIGINT [ms]: its inter-pausal units' lengths, pauses left out; NULL as above
--   first_turn_index INTEGER: first turn of the vendor in it; others' may be listed between
--   last_turn_index INTEGER: last turn of the vendor in it
--   word_count BIGINT: words spoken, struck ones included
--   timed_word_count BIGINT: of those, words with a time that can be
--   phonation_ms BIGINT [ms]: sum of the lengths of the timed words
--   asks BOOLEAN: true when it ends with a question mark, of any script, also before what the seed sentence_marks lists as
--     closing: quotation marks, brackets, points
--   back_channel BOOLEAN: true when it is a back-channel: a sign of listening, which takes no floor
--   takes_floor BOOLEAN: false for a back-channel, for what lies wholly within another's turn, and for untimed turns
--   sliver BOOLEAN: true when it is as short as a back-channel, no acknowledgement, and between two turns of one speaker:
--     more likely a slip of who-speaks-when than a turn
--   estimated BOOLEAN: true when the vendor's span of a turn without timed words is in it
WITH units AS (
    SELECT
        r.provider,
        r.recording_id,
        r.variant,
        r.run_index,
        min(u.start_ms) AS start_ms,
        max(u.end_ms) AS end_ms,
        sum(u.end_ms - u.start_ms) AS speaking_ms,
        min(u.first_turn_index) AS first_turn_index,
        max(u.last_turn_index) AS last_turn_index,
        sum(u.words) AS word_count,
        sum(u.timed_words) AS timed_word_count,
        sum(u.phonation_ms) AS phonation_ms,
        bool_or(u.estimated) AS estimated
    FROM unit_runs AS r
    JOIN speech_units AS u
        ON u.provider = r.provider
        AND u.recording_id = r.recording_id
        AND u.variant = r.variant
        AND u.unit_index = r.unit_index
    GROUP BY r.provider, r.recording_id, r.variant, r.run_index
)
SELECT
    n.provider,
    n.recording_id,
    n.variant,
    n.joined_index,
    max(n.speaker) AS speaker,
    min(u.start_ms) AS start_ms,
    max(u.end_ms) AS end_ms,
    sum(u.speaking_ms) AS speaking_ms,
    min(coalesce(u.first_turn_index, n.untimed_turn)) AS first_turn_index,
    max(coalesce(u.last_turn_index, n.untimed_turn)) AS last_turn_index,
    sum(coalesce(u.word_count, n.words)) AS word_count,
    sum(coalesce(u.timed_word_count, 0)) AS timed_word_count,
    sum(coalesce(u.phonation_ms, 0)) AS phonation_ms,
    coalesce(max_by(w.asks, w.run_index), max_by(q.asks, q.turn_index), false) AS asks,
    coalesce(bool_or(f.back_channel), false) AS back_channel,
    coalesce(bool_or(f.takes_floor), false) AS takes_floor,
    coalesce(bool_and(f.sliver), false) AS sliver,
    coalesce(bool_or(u.estimated), false) AS estimated
FROM talk_numbers AS n
LEFT JOIN units AS u
    ON u.provider = n.provider
    AND u.recording_id = n.recording_id
    AND u.variant = n.variant
    AND u.run_index = n.run_index
LEFT JOIN floor_turns AS f
    ON f.provider = n.provider
    AND f.recording_id = n.recording_id
    AND f.variant = n.variant
    AND f.run_index = n.run_index
LEFT JOIN run_words AS w
    ON w.provider = n.provider
    AND w.recording_id = n.recording_id
    AND w.variant = n.variant
    AND w.run_index = n.run_index
LEFT JOIN question_ends AS q
    ON q.provider = n.provider
    AND q.recording_id = n.recording_id
    AND q.variant = n.variant
    AND q.turn_index = n.untimed_turn
GROUP BY n.provider, n.recording_id, n.variant, n.joined_index
