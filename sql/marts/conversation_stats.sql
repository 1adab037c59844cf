-- mart: conversation_stats
-- grain: transcript
-- key: provider, recording_id, variant
-- description:
--   One row per transcript: the shape of the conversation from its first to its last inter-pausal unit. Everything of
--   time is NULL when nothing is timed; latency, overlap and interruptions are NULL too where the times cannot show them
--   (shows_overlap in transcript_quality).
-- columns:
--   speakers BIGINT: distinct known speakers with at least a word
--   main_speakers BIGINT: of those, with at least main_speaker_percent of the speaking time
--   words BIGINT: words spoken, struck ones included
--   turns BIGINT: turns of talk, back-channels left out
--   span_ms BIGINT [ms]: from the start of the first unit to the end of the last; NULL when nothing is timed
--   speaking_ms BIGINT [ms]: time in which somebody speaks; with silence_ms and untimed_ms it makes up span_ms; NULL
--     when nothing is timed
--   silence_ms BIGINT [ms]: time in which nobody does; NULL when nothing is timed
--   untimed_ms BIGINT [ms]: time in which no timed word is said and words without a known time may have been; NULL
--     when nothing is timed
--   overlap_ms BIGINT [ms]: time in which at least two speak; NULL where the times cannot show it
--   silence_share DOUBLE: silence_ms as a part of span_ms; NULL when nothing is timed
--   overlap_share DOUBLE: overlap_ms as a part of span_ms; NULL as above
--   turn_balance DOUBLE: entropy of the speakers' speaking time over its greatest value: 1 when all speak equally long,
--     near 0 when one speaks alone; NULL with fewer than two speakers. The unknown speaker counts as one
--   floor_changes BIGINT: turn_transitions that take the floor
--   floor_changes_per_minute DOUBLE [per minute]: interactivity: floor_changes over span_ms; NULL when nothing is
--     timed
--   response_latency_median_ms DOUBLE [ms]: median offset of floor changes without overlap (latches and gaps); NULL
--     when there is none
--   response_latency_p90_ms INTEGER [ms]: their 90th percentile, by nearest rank; NULL as above
--   interruptions BIGINT: interruptions; NULL where the times cannot show them
--   back_channels BIGINT: back-channels
--   longest_turn_ms BIGINT [ms]: longest turn of talk; NULL when nothing is timed
--   monologue_share DOUBLE: turns of talk of at least monologue_ms as a part of all turns' time; NULL when nothing
--     is timed
--   media_ms BIGINT [ms]: length of the media as the vendor lists it; NULL when not known
--   coverage DOUBLE: from the first to the last timed token as a part of media_ms, as in transcript_quality; NULL when
--     that is unknown
WITH clock AS (
    SELECT
        provider,
        recording_id,
        variant,
        sum(end_ms - start_ms) AS span_ms,
        coalesce(sum(end_ms - start_ms) FILTER (WHERE speakers >= 1), 0) AS speaking_ms,
        coalesce(sum(end_ms - start_ms) FILTER (WHERE speakers = 0 AND NOT untimed), 0) AS silence_ms,
        coalesce(sum(end_ms - start_ms) FILTER (WHERE speakers = 0 AND untimed), 0) AS untimed_ms,
        coalesce(sum(end_ms - start_ms) FILTER (WHERE speakers >= 2), 0) AS overlap_ms
    FROM simultaneous_speech
    GROUP BY provider, recording_id, variant
),
shares AS (
    SELECT
        s.provider,
        s.recording_id,
        s.variant,
        count(*) FILTER (WHERE s.speaking_ms > 0) AS sharers,
        count(s.speaker) AS known_speakers,
        sum(s.words) AS said,
        count(*) FILTER (
            WHERE s.speaker IS NOT NULL AND 100 * s.speaking_share >= th.main_speaker_percent
        ) AS main_speakers,
        sum(CASE WHEN s.speaking_share > 0 THEN 0 - s.speaking_share * ln(s.speaking_share) END) AS entropy
    FROM speaker_stats AS s
    CROSS JOIN thresholds AS th
    GROUP BY s.provider, s.recording_id, s.variant
),
talk AS (
    SELECT
        j.provider,
        j.recording_id,
        j.variant,
        count(*) FILTER (WHERE NOT j.back_channel) AS turns,
        max(j.end_ms - j.start_ms) AS longest_turn_ms,
        sum(j.end_ms - j.start_ms) AS turns_ms,
        coalesce(sum(j.end_ms - j.start_ms) FILTER (WHERE j.end_ms - j.start_ms >= th.monologue_ms), 0) AS monologues_ms
    FROM joined_turns AS j
    CROSS JOIN thresholds AS th
    GROUP BY j.provider, j.recording_id, j.variant
),
bids AS (
    SELECT
        provider,
        recording_id,
        variant,
        count(*) FILTER (WHERE takes_floor) AS floor_changes,
        count(*) FILTER (WHERE kind = 'interruption') AS interruptions,
        count(*) FILTER (WHERE kind = 'back_channel') AS back_channels,
        median(offset_ms) FILTER (WHERE kind IN ('latch', 'gap')) AS response_latency_median_ms
    FROM turn_transitions
    GROUP BY provider, recording_id, variant
),
ranked AS (
    SELECT
        provider,
        recording_id,
        variant,
        offset_ms,
        row_number() OVER (PARTITION BY provider, recording_id, variant ORDER BY offset_ms) AS nth,
        count(*) OVER (PARTITION BY provider, recording_id, variant) AS n
    FROM turn_transitions
    WHERE kind IN ('latch', 'gap')
),
slow AS (
    SELECT provider, recording_id, variant, min(offset_ms) AS response_latency_p90_ms
    FROM ranked
    WHERE 10 * nth >= 9 * n
    GROUP BY provider, recording_id, variant
)
SELECT
    t.provider,
    t.recording_id,
    t.variant,
    coalesce(s.known_speakers, 0) AS speakers,
    coalesce(s.main_speakers, 0) AS main_speakers,
    coalesce(s.said, 0) AS words,
    coalesce(k.turns, 0) AS turns,
    c.span_ms,
    c.speaking_ms,
    c.silence_ms,
    c.untimed_ms,
    CASE WHEN e.shows_overlap THEN c.overlap_ms END AS overlap_ms,
    c.silence_ms / nullif(c.span_ms, 0) AS silence_share,
    CASE WHEN e.shows_overlap THEN c.overlap_ms / nullif(c.span_ms, 0) END AS overlap_share,
    CASE WHEN s.sharers >= 2 THEN round(s.entropy / ln(s.sharers), 9) END AS turn_balance,
    coalesce(b.floor_changes, 0) AS floor_changes,
    60000 * coalesce(b.floor_changes, 0) / nullif(c.span_ms, 0) AS floor_changes_per_minute,
    b.response_latency_median_ms,
    p.response_latency_p90_ms,
    CASE WHEN e.shows_overlap THEN coalesce(b.interruptions, 0) END AS interruptions,
    coalesce(b.back_channels, 0) AS back_channels,
    k.longest_turn_ms,
    k.monologues_ms / nullif(k.turns_ms, 0) AS monologue_share,
    t.duration_ms AS media_ms,
    q.coverage
FROM transcripts AS t
JOIN overlap_evidence AS e ON e.provider = t.provider AND e.recording_id = t.recording_id AND e.variant = t.variant
LEFT JOIN clock AS c ON c.provider = t.provider AND c.recording_id = t.recording_id AND c.variant = t.variant
LEFT JOIN shares AS s ON s.provider = t.provider AND s.recording_id = t.recording_id AND s.variant = t.variant
LEFT JOIN talk AS k ON k.provider = t.provider AND k.recording_id = t.recording_id AND k.variant = t.variant
LEFT JOIN bids AS b ON b.provider = t.provider AND b.recording_id = t.recording_id AND b.variant = t.variant
LEFT JOIN slow AS p ON p.provider = t.provider AND p.recording_id = t.recording_id AND p.variant = t.variant
LEFT JOIN transcript_quality AS q
    ON q.provider = t.provider AND q.recording_id = t.recording_id AND q.variant = t.variant
