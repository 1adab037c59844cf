-- mart: joined_turns
-- grain: transcript
-- key: provider, recording_id, variant, joined_index
-- description:
--   One row per turn of talk: neighbouring turns of one speaker joined, in the order of the transcript. Every measure
--   of turn-taking starts here, so that a vendor cutting a turn in two changes nothing.
-- columns:
--   joined_index INTEGER: position in the transcript, from 0
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start of the first timed part; NULL when no part is timed
--   end_ms INTEGER [ms]: latest end of a part; NULL when no part is timed
--   first_turn_index INTEGER: first turn of the vendor in it
--   last_turn_index INTEGER: last turn of the vendor in it
--   word_count BIGINT: words spoken, struck ones included
--   timed_word_count BIGINT: of those, words that have a start and an end
--   phonation_ms BIGINT [ms]: sum of the lengths of the timed words
--   asks BOOLEAN: true when its text ends with a question mark
SELECT
    j.provider,
    j.recording_id,
    j.variant,
    j.joined_index,
    min(j.speaker) AS speaker,
    min(j.start_ms) AS start_ms,
    max(j.end_ms) AS end_ms,
    min(j.turn_index) AS first_turn_index,
    max(j.turn_index) AS last_turn_index,
    sum(t.word_count) AS word_count,
    sum(t.timed_word_count) AS timed_word_count,
    sum(t.phonation_ms) AS phonation_ms,
    coalesce(
        max_by(t.text, j.turn_index) LIKE '%?'
        OR max_by(t.text, j.turn_index) LIKE '%？'
        OR max_by(t.text, j.turn_index) LIKE '%؟',
        false
    ) AS asks
FROM turn_joins AS j
JOIN turns AS t
    ON t.provider = j.provider
    AND t.recording_id = j.recording_id
    AND t.variant = j.variant
    AND t.turn_index = j.turn_index
GROUP BY j.provider, j.recording_id, j.variant, j.joined_index
