-- mart: speaker_stats
-- grain: transcript
-- key: provider, recording_id, variant, speaker
-- description:
--   One row per transcript variant and speaker with at least a word: how long, how much and how fast they speak. Struck
--   words were spoken and count; the unknown speaker (NULL) is a group of its own. To average a rate over conversations
--   pool it: sum(words) over sum(talk_ms) weighs each minute alike, the mean of rates weighs a short call like a long
--   one.
-- columns:
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   speaking_ms BIGINT [ms]: lengths of the inter-pausal units: silences of pause_ms and more are no speaking; NULL when
--     nothing is timed
--   speaking_share DOUBLE: speaking_ms as a part of all speakers' together, 0 to 1; NULL when nothing of the speaker
--     is timed
--   phonation_ms BIGINT [ms]: sum of the lengths of the timed words; NULL when none is timed
--   phonation_share DOUBLE: phonation_ms as a part of all speakers' together, 0 to 1; NULL when no word of the
--     speaker is timed
--   phonation_ratio DOUBLE: phonation_ms as a part of talk_ms (phonation-time ratio; Kormos and Dénes 2004, System 32);
--     NULL as a rate is
--   talk_ms BIGINT [ms]: lengths of the turns of talk, pauses in and lapses out; NULL when nothing is timed
--   vendor_span_ms BIGINT [ms]: spans of the vendor's turns within the media, overlaps with oneself counted once: what
--     speaking_ms was before 0.2; NULL when none has a span
--   turns BIGINT: turns of talk, back-channels left out
--   back_channels BIGINT: back-channels
--   vendor_turns BIGINT: turns with words, as the vendor cut them
--   words BIGINT: words spoken, struck ones included
--   timed_words BIGINT: of those, words with a time that can be
--   speech_rate_wpm DOUBLE [words/minute]: words of timed turns of talk over talk_ms; NULL when fewer than
--     rate_timed_percent of those words are timed
--   articulation_rate_wpm DOUBLE [words/minute]: timed words over articulation_ms, pauses left out; NULL when there
--     is none
--   articulation_ms BIGINT [ms]: time of the inter-pausal units of these words; NULL when there is none
--   longest_turn_ms BIGINT [ms]: longest turn of talk; NULL when nothing is timed
--   median_turn_ms DOUBLE [ms]: median turn of talk, back-channels left out; NULL when nothing else is timed
--   questions BIGINT: questions of the final text, by the mart of that name
--   fillers BIGINT: fillers uttered, struck ones included; NULL when the language has no list
--   filler_rate DOUBLE [per 100 words]: fillers in a hundred words; NULL as above
--   first_spoken_ms INTEGER [ms]: start of the first inter-pausal unit; NULL when nothing is timed
--   last_spoken_ms INTEGER [ms]: end of the last one; NULL when nothing is timed
WITH speech AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        sum(end_ms - start_ms) AS speaking_ms,
        CASE WHEN sum(timed_words) > 0 THEN sum(phonation_ms) END AS phonation_ms,
        sum(CASE WHEN NOT estimated THEN timed_words END) AS articulated_words,
        sum(CASE WHEN NOT estimated AND timed_words > 0 THEN end_ms - start_ms END) AS articulation_ms,
        min(start_ms) AS first_spoken_ms,
        max(end_ms) AS last_spoken_ms
    FROM speech_units
    GROUP BY provider, recording_id, variant, speaker
),
cut AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        sum(word_count) AS words,
        coalesce(sum(CASE WHEN start_ms IS NOT NULL THEN word_count END), 0) AS timed_words
    FROM word_units
    GROUP BY provider, recording_id, variant, speaker
    HAVING sum(word_count) > 0
),
talk AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        count(*) FILTER (WHERE NOT back_channel) AS turns,
        count(*) FILTER (WHERE back_channel) AS back_channels,
        sum(end_ms - start_ms) AS talk_ms,
        sum(CASE WHEN start_ms IS NOT NULL THEN word_count END) AS timed_talk_words,
        sum(CASE WHEN start_ms IS NOT NULL THEN timed_word_count END) AS timed_talk_timed_words,
        max(end_ms - start_ms) AS longest_turn_ms,
        median(CASE WHEN NOT back_channel THEN end_ms - start_ms END) AS median_turn_ms
    FROM joined_turns
    GROUP BY provider, recording_id, variant, speaker
),
spans AS (
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        t.speaker,
        t.turn_index,
        t.start_ms,
        least(t.end_ms, CASE WHEN m.duration_ms > 0 THEN m.duration_ms ELSE t.end_ms END) AS end_ms
    FROM turns AS t
    JOIN transcripts AS m ON m.provider = t.provider AND m.recording_id = t.recording_id AND m.variant = t.variant
    WHERE t.word_count > 0
),
followed AS (
    SELECT
        *,
        max(end_ms) OVER (
            PARTITION BY provider, recording_id, variant, speaker ORDER BY start_ms, turn_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_ms
    FROM spans
    WHERE start_ms <= end_ms
),
vendor AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        sum(greatest(end_ms - greatest(start_ms, coalesce(covered_ms, start_ms)), 0)) AS vendor_span_ms
    FROM followed
    GROUP BY provider, recording_id, variant, speaker
),
vendor_cuts AS (
    SELECT provider, recording_id, variant, speaker, count(*) AS vendor_turns
    FROM spans
    GROUP BY provider, recording_id, variant, speaker
),
asked AS (
    SELECT provider, recording_id, variant, speaker, count(*) AS questions
    FROM questions
    GROUP BY provider, recording_id, variant, speaker
)
SELECT
    c.provider,
    c.recording_id,
    c.variant,
    c.speaker,
    s.speaking_ms,
    s.speaking_ms / nullif(sum(s.speaking_ms) OVER (PARTITION BY c.provider, c.recording_id, c.variant), 0)
        AS speaking_share,
    s.phonation_ms,
    s.phonation_ms / nullif(sum(s.phonation_ms) OVER (PARTITION BY c.provider, c.recording_id, c.variant), 0)
        AS phonation_share,
    CASE
        WHEN 100 * j.timed_talk_timed_words >= th.rate_timed_percent * j.timed_talk_words
            THEN s.phonation_ms / nullif(j.talk_ms, 0)
    END AS phonation_ratio,
    j.talk_ms,
    v.vendor_span_ms,
    coalesce(j.turns, 0) AS turns,
    coalesce(j.back_channels, 0) AS back_channels,
    coalesce(n.vendor_turns, 0) AS vendor_turns,
    c.words,
    c.timed_words,
    CASE
        WHEN 100 * j.timed_talk_timed_words >= th.rate_timed_percent * j.timed_talk_words
            AND j.timed_talk_timed_words > 0
            THEN 60000 * j.timed_talk_words / nullif(j.talk_ms, 0)
    END AS speech_rate_wpm,
    60000 * s.articulated_words / nullif(s.articulation_ms, 0) AS articulation_rate_wpm,
    s.articulation_ms,
    j.longest_turn_ms,
    j.median_turn_ms,
    coalesce(a.questions, 0) AS questions,
    CASE WHEN f.speaker_fillers IS NULL THEN CASE WHEN l.has_list THEN 0 END ELSE f.speaker_fillers END AS fillers,
    CASE WHEN l.has_list THEN 100 * coalesce(f.speaker_fillers, 0) / nullif(c.words, 0) END AS filler_rate,
    s.first_spoken_ms,
    s.last_spoken_ms
FROM cut AS c
CROSS JOIN thresholds AS th
LEFT JOIN talk AS j
    ON j.provider = c.provider
    AND j.recording_id = c.recording_id
    AND j.variant = c.variant
    AND j.speaker IS NOT DISTINCT FROM c.speaker
LEFT JOIN speech AS s
    ON s.provider = c.provider
    AND s.recording_id = c.recording_id
    AND s.variant = c.variant
    AND s.speaker IS NOT DISTINCT FROM c.speaker
LEFT JOIN vendor AS v
    ON v.provider = c.provider
    AND v.recording_id = c.recording_id
    AND v.variant = c.variant
    AND v.speaker IS NOT DISTINCT FROM c.speaker
LEFT JOIN vendor_cuts AS n
    ON n.provider = c.provider
    AND n.recording_id = c.recording_id
    AND n.variant = c.variant
    AND n.speaker IS NOT DISTINCT FROM c.speaker
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
