-- mart: side_stats
-- grain: corpus
-- key: provider, recording_id, side
-- stored: no
-- shown: view
-- description:
--   One row per recording (variant latest) and side, as speaker_map.csv beside the warehouse says who is on which: host
--   and guest, teams, whatever is compared. Speakers whom it does not put on a side are on none, and count as others.
--   A view: nothing is computed until it is asked. The measures are those that Gong and Chorus made known: talk ratio,
--   talk-to-listen ratio, patience, longest monologue.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   side VARCHAR: the side
--   speakers BIGINT: its speakers with at least a word
--   words BIGINT: their words
--   speaking_ms BIGINT [ms]: their speaking time, as in speaker_stats; NULL when nothing is timed
--   talk_ratio DOUBLE: speaking_ms as a part of everybody's, 0 to 1; NULL when nothing is timed
--   talk_to_listen DOUBLE: speaking_ms over the others' speaking time; NULL when nobody else speaks
--   turns BIGINT: their turns of talk, back-channels left out
--   back_channels BIGINT: their back-channels
--   floor_changes BIGINT: how often they took the floor from somebody of another side or of none
--   interruptions BIGINT: of those, interruptions; NULL where the times cannot show them
--   patience_ms DOUBLE [ms]: median wait before they took it so, overlaps left out; NULL where the times cannot show it
--   longest_monologue_ms BIGINT [ms]: longest stretch in which nobody else took the floor and no lapse passed,
--     across back-channels and across speakers of the side; NULL when it never had the floor
WITH assigned AS (
    SELECT DISTINCT provider, recording_id, speaker, side
    FROM speaker_map
    WHERE side IS NOT NULL
),
of_side AS (
    SELECT
        s.provider,
        s.recording_id,
        a.side,
        s.words,
        s.speaking_ms,
        s.turns,
        s.back_channels,
        sum(s.speaking_ms) OVER (PARTITION BY s.provider, s.recording_id) AS everybody_ms
    FROM speaker_stats AS s
    LEFT JOIN assigned AS a
        ON a.provider = s.provider AND a.recording_id = s.recording_id AND a.speaker = s.speaker
    WHERE s.variant = 'latest'
),
totals AS (
    SELECT
        provider,
        recording_id,
        side,
        count(*) AS speakers,
        sum(words) AS said,
        sum(speaking_ms) AS spoken_ms,
        sum(turns) AS talk_turns,
        sum(back_channels) AS signs,
        max(everybody_ms) AS everybody_ms
    FROM of_side
    WHERE side IS NOT NULL
    GROUP BY provider, recording_id, side
),
bids AS (
    SELECT
        t.provider,
        t.recording_id,
        b.side,
        count(*) AS taken,
        count(*) FILTER (WHERE t.kind = 'interruption') AS by_interruption,
        median(CASE WHEN t.kind IN ('latch', 'gap') THEN t.offset_ms END) AS wait_ms
    FROM turn_transitions AS t
    JOIN assigned AS b
        ON b.provider = t.provider AND b.recording_id = t.recording_id AND b.speaker = t.to_speaker
    LEFT JOIN assigned AS a
        ON a.provider = t.provider AND a.recording_id = t.recording_id AND a.speaker = t.from_speaker
    WHERE t.variant = 'latest' AND t.takes_floor AND a.side IS DISTINCT FROM b.side
    GROUP BY t.provider, t.recording_id, b.side
),
floor_in_order AS (
    SELECT j.provider, j.recording_id, a.side, j.joined_index, j.start_ms, j.end_ms, j.start_ms AS at_ms, 0 AS lapse
    FROM joined_turns AS j
    LEFT JOIN assigned AS a
        ON a.provider = j.provider AND a.recording_id = j.recording_id AND a.speaker = j.speaker
    WHERE j.variant = 'latest' AND j.takes_floor AND j.start_ms IS NOT NULL
    UNION ALL
    SELECT
        s.provider,
        s.recording_id,
        NULL AS side,
        NULL AS joined_index,
        NULL AS start_ms,
        NULL AS end_ms,
        s.end_ms AS at_ms,
        1 AS lapse
    FROM silences AS s
    CROSS JOIN thresholds AS th
    WHERE s.variant = 'latest' AND s.duration_ms >= th.lapse_ms
),
stretched AS (
    SELECT
        *,
        sum(lapse) OVER (
            PARTITION BY provider, recording_id ORDER BY at_ms, lapse DESC, joined_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS lapses
    FROM floor_in_order
),
followed AS (
    SELECT
        *,
        lag(side) OVER talk AS before_side,
        lag(lapses) OVER talk AS before_lapses
    FROM stretched
    WHERE lapse = 0
    WINDOW talk AS (PARTITION BY provider, recording_id ORDER BY joined_index)
),
numbered AS (
    SELECT
        *,
        sum(CASE WHEN side IS NOT DISTINCT FROM before_side AND lapses = before_lapses THEN 0 ELSE 1 END) OVER (
            PARTITION BY provider, recording_id ORDER BY joined_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch
    FROM followed
),
monologues AS (
    SELECT provider, recording_id, side, max(end_ms) - min(start_ms) AS length_ms
    FROM numbered
    WHERE side IS NOT NULL
    GROUP BY provider, recording_id, side, stretch
),
longest AS (
    SELECT provider, recording_id, side, max(length_ms) AS length_ms
    FROM monologues
    GROUP BY provider, recording_id, side
)
SELECT
    t.provider,
    t.recording_id,
    t.side,
    t.speakers,
    t.said AS words,
    t.spoken_ms AS speaking_ms,
    t.spoken_ms / nullif(t.everybody_ms, 0) AS talk_ratio,
    t.spoken_ms / nullif(t.everybody_ms - t.spoken_ms, 0) AS talk_to_listen,
    t.talk_turns AS turns,
    t.signs AS back_channels,
    coalesce(b.taken, 0) AS floor_changes,
    CASE WHEN q.shows_overlap THEN coalesce(b.by_interruption, 0) END AS interruptions,
    b.wait_ms AS patience_ms,
    l.length_ms AS longest_monologue_ms
FROM totals AS t
LEFT JOIN bids AS b ON b.provider = t.provider AND b.recording_id = t.recording_id AND b.side = t.side
LEFT JOIN longest AS l ON l.provider = t.provider AND l.recording_id = t.recording_id AND l.side = t.side
LEFT JOIN transcript_quality AS q
    ON q.provider = t.provider AND q.recording_id = t.recording_id AND q.variant = 'latest'
