-- mart: speech_units
-- grain: transcript
-- key: provider, recording_id, variant, unit_index
-- stored: no
-- description:
--   The inter-pausal units, as inter_pausal_units describes them, with their number among the speaker's.
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
--   nth INTEGER: position among the units of the speaker, from 1
WITH units AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        nth,
        min(start_ms) AS start_ms,
        max(end_ms) AS end_ms,
        sum(word_count) AS words,
        coalesce(sum(CASE WHEN start_ms IS NOT NULL THEN word_count END), 0) AS timed_words,
        coalesce(sum(CASE WHEN NOT estimated THEN end_ms - start_ms END), 0) AS phonation_ms,
        min_by(word_index, CAST(place_ms AS BIGINT) * 10000000 + word_index) AS first_word_index,
        max_by(word_index, CAST(place_ms AS BIGINT) * 10000000 + word_index) AS last_word_index,
        min(turn_index) AS first_turn_index,
        max(turn_index) AS last_turn_index,
        bool_or(estimated) AS estimated
    FROM word_units
    WHERE nth IS NOT NULL
    GROUP BY provider, recording_id, variant, speaker, nth
)
SELECT
    provider,
    recording_id,
    variant,
    CAST(row_number() OVER (
        PARTITION BY provider, recording_id, variant ORDER BY start_ms, end_ms DESC, speaker NULLS LAST
    ) - 1 AS INTEGER) AS unit_index,
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
    estimated,
    nth
FROM units
