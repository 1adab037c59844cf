-- mart: speaker_stats
-- grain: transcript
-- key: provider, recording_id, variant, speaker
-- description:
--   One row per transcript variant and speaker: how long, how much and how fast they speak. Struck words were spoken
--   and count; the unknown speaker (NULL) is a group of its own.
-- columns:
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   speaking_ms BIGINT [ms]: spans of the vendor's turns, overlaps with oneself counted once; NULL when none is timed
--   phonation_ms BIGINT [ms]: sum of the lengths of the timed words; NULL when none is timed
--   speaking_share DOUBLE: speaking_ms as a part of all speakers' together, 0 to 1
--   turns BIGINT: turns of talk, neighbouring ones of the speaker joined
--   vendor_turns BIGINT: turns as the vendor cut them
--   words BIGINT: words spoken, struck ones included
--   timed_words BIGINT: of those, words that have a start and an end
--   speech_rate_wpm DOUBLE [words/minute]: words of timed turns over speaking_ms, pauses included; NULL when fewer than
--     rate_timed_percent of those words are timed
--   articulation_rate_wpm DOUBLE [words/minute]: timed words over phonation_ms, pauses left out
--   longest_turn_ms BIGINT [ms]: longest turn of talk
--   median_turn_ms DOUBLE [ms]: median turn of talk
--   questions BIGINT: tokens of the final text that hold a question mark
--   fillers BIGINT: fillers uttered, struck ones included; NULL when the language has no list
--   filler_rate DOUBLE [per 100 words]: fillers in a hundred words; NULL as above
--   first_spoken_ms INTEGER [ms]: start of the first timed turn
--   last_spoken_ms INTEGER [ms]: end of the last timed turn
WITH spoken AS (
    SELECT provider, recording_id, variant, speaker, sum(end_ms - start_ms) AS speaking_ms
    FROM speech_spans
    GROUP BY provider, recording_id, variant, speaker
),
cut AS (
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        t.speaker,
        count(*) AS vendor_turns,
        coalesce(sum(t.word_count), 0) AS words,
        coalesce(sum(t.timed_word_count), 0) AS timed_words,
        coalesce(sum(t.phonation_ms), 0) AS phonation_ms,
        sum(t.word_count) FILTER (WHERE j.start_ms IS NOT NULL) AS words_of_timed_turns,
        sum(t.timed_word_count) FILTER (WHERE j.start_ms IS NOT NULL) AS timed_words_of_timed_turns
    FROM turns AS t
    JOIN turn_joins AS j
        ON j.provider = t.provider
        AND j.recording_id = t.recording_id
        AND j.variant = t.variant
        AND j.turn_index = t.turn_index
    GROUP BY t.provider, t.recording_id, t.variant, t.speaker
),
joined AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        count(*) AS turns,
        max(end_ms - start_ms) AS longest_turn_ms,
        median(end_ms - start_ms) AS median_turn_ms,
        min(start_ms) AS first_spoken_ms,
        max(end_ms) AS last_spoken_ms
    FROM joined_turns
    GROUP BY provider, recording_id, variant, speaker
),
asked AS (
    SELECT provider, recording_id, variant, speaker, count(*) AS questions
    FROM words
    WHERE NOT coalesce(struck, false) AND (text LIKE '%?%' OR text LIKE '%？%' OR text LIKE '%؟%')
    GROUP BY provider, recording_id, variant, speaker
)
SELECT
    c.provider,
    c.recording_id,
    c.variant,
    c.speaker,
    s.speaking_ms,
    CASE WHEN c.timed_words > 0 THEN c.phonation_ms END AS phonation_ms,
    s.speaking_ms / nullif(sum(s.speaking_ms) OVER (PARTITION BY c.provider, c.recording_id, c.variant), 0)
        AS speaking_share,
    j.turns,
    c.vendor_turns,
    c.words,
    c.timed_words,
    CASE
        WHEN 100 * c.timed_words_of_timed_turns >= th.rate_timed_percent * c.words_of_timed_turns
            AND c.timed_words_of_timed_turns > 0
            THEN 60000 * c.words_of_timed_turns / nullif(s.speaking_ms, 0)
    END AS speech_rate_wpm,
    CASE WHEN c.timed_words > 0 THEN 60000 * c.timed_words / nullif(c.phonation_ms, 0) END AS articulation_rate_wpm,
    j.longest_turn_ms,
    j.median_turn_ms,
    coalesce(a.questions, 0) AS questions,
    CASE WHEN f.speaker_fillers IS NULL THEN CASE WHEN l.has_list THEN 0 END ELSE f.speaker_fillers END AS fillers,
    CASE WHEN l.has_list THEN 100 * coalesce(f.speaker_fillers, 0) / nullif(c.words, 0) END AS filler_rate,
    j.first_spoken_ms,
    j.last_spoken_ms
FROM cut AS c
CROSS JOIN thresholds AS th
JOIN joined AS j
    ON j.provider = c.provider
    AND j.recording_id = c.recording_id
    AND j.variant = c.variant
    AND j.speaker IS NOT DISTINCT FROM c.speaker
LEFT JOIN spoken AS s
    ON s.provider = c.provider
    AND s.recording_id = c.recording_id
    AND s.variant = c.variant
    AND s.speaker IS NOT DISTINCT FROM c.speaker
LEFT JOIN asked AS a
    ON a.provider = c.provider
    AND a.recording_id = c.recording_id
    AND a.variant = c.variant
    AND a.speaker IS NOT DISTINCT FROM c.speaker
LEFT JOIN (
    SELECT provider, recording_id, variant, speaker, sum(occurrences) AS speaker_fillers
    FROM fillers
    GROUP BY provider, recording_id, variant, speaker
) AS f
    ON f.provider = c.provider
    AND f.recording_id = c.recording_id
    AND f.variant = c.variant
    AND f.speaker IS NOT DISTINCT FROM c.speaker
LEFT JOIN transcript_languages AS l
    ON l.provider = c.provider AND l.recording_id = c.recording_id AND l.variant = c.variant
