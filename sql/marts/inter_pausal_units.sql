-- mart: inter_pausal_units
-- grain: transcript
-- key: provider, recording_id, variant, unit_index
-- description:
--   One row per inter-pausal unit: words of one speaker with silences of under pause_ms between them. Every measure of
--   time starts here, so where a vendor cuts turns, and in which order it lists them, changes nothing. A word whose time
--   cannot be (without length, longer than longest_word_ms, beyond the media) is a word of the unit and no time of it. In a turn without any timed word the vendor's
--   span stands in and is flagged.
--   After Koiso et al. 1998 (Language and Speech 41) and Heldner and Edlund 2010 (Journal of Phonetics 38).
-- columns:
--   unit_index INTEGER: position in the transcript in order of start, from 0
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start of its first word
--   end_ms INTEGER [ms]: latest end of a word
--   words BIGINT: words that belong to it, struck ones included
--   timed_words BIGINT: of those, words with a time that can be
--   phonation_ms BIGINT [ms]: sum of the lengths of its timed words
--   first_word_index INTEGER: its first token in order of time
--   last_word_index INTEGER: its last token in order of time
--   first_turn_index INTEGER: first turn of the vendor with words in it
--   last_turn_index INTEGER: last turn of the vendor with words in it
--   estimated BOOLEAN: true when the vendor's span of a turn without timed words is in it
SELECT
    provider,
    recording_id,
    variant,
    unit_index,
    speaker,
    start_ms,
    end_ms,
    words,
    timed_words,
    phonation_ms,
    first_word_index,
    last_word_index,
    first_turn_index,
    last_turn_index,
    estimated
FROM speech_units
