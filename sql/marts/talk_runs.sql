-- mart: talk_runs
-- grain: transcript
-- key: provider, recording_id, variant, run_index
-- stored: no
-- description:
--   One row per run of talk, as unit_runs has it.
-- columns:
--   run_index INTEGER: position in the transcript in order of start, from 0
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   speaking_ms BIGINT [ms]: its units' lengths
--   words BIGINT: words in it
--   stretch INTEGER: number of lapses before it
--   before_ms INTEGER [ms]: latest end of what began before it; NULL for the first
--   hidden_before BOOLEAN: true when words without a known time may have been said right before it
--   last_word_index INTEGER: its last token in order of time
SELECT
    r.provider,
    r.recording_id,
    r.variant,
    r.run_index,
    max(r.speaker) AS speaker,
    min(r.start_ms) AS start_ms,
    max(r.end_ms) AS end_ms,
    sum(r.end_ms - r.start_ms) AS speaking_ms,
    sum(u.words) AS words,
    max(r.stretch) AS stretch,
    min_by(r.before_ms, r.unit_index) AS before_ms,
    min_by(CASE WHEN r.hidden_before THEN 1 ELSE 0 END, r.unit_index) = 1 AS hidden_before,
    max_by(u.last_word_index, r.unit_index) AS last_word_index
FROM unit_runs AS r
JOIN speech_units AS u
    ON u.provider = r.provider
    AND u.recording_id = r.recording_id
    AND u.variant = r.variant
    AND u.unit_index = r.unit_index
GROUP BY r.provider, r.recording_id, r.variant, r.run_index
