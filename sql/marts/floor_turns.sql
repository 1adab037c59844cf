-- mart: floor_turns
-- grain: transcript
-- key: provider, recording_id, variant, run_index
-- stored: no
-- description:
--   One row per run of talk, with who holds the floor when it begins and whether it takes it.
--   Back-channel: another speaker's run of at most back_channel_ms speaking time and back_channel_words words that
--   either lies within what is being said (where the times show overlap: see overlap_evidence), or is an acknowledgement
--   (in a language without a list: any so short a run) within it, or behind which the holder goes on within resume_ms,
--   having ended on no question. The holder is the run that ends last
--   among those before that are none; the holder's own return is none, whatever came before it. In a chain of such runs
--   each is judged by the next run that is none.
--   After Yngve 1970, Duncan 1974 (Language in Society 3) and Heldner, Edlund and Hirschberg 2010 (Interspeech).
-- columns:
--   run_index INTEGER: as in talk_runs
--   talk_index INTEGER: first run of the turn of talk it belongs to
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   hidden_before BOOLEAN: true when words without a known time may have been said right before it
--   back_channel BOOLEAN: true when it is a back-channel
--   takes_floor BOOLEAN: true when it is none and ends later than what began before, back-channels aside
--   sliver BOOLEAN: true when it is as short, between two runs of one other speaker, and no acknowledgement: more likely
--     a slip of who-speaks-when than a turn
--   holder_index INTEGER: the run that holds the floor when it begins; NULL for the first
WITH seen AS (
    SELECT
        r.*,
        w.asks,
        e.shows_overlap,
        coalesce(w.acknowledges, true) AS may_acknowledge,
        max(r.end_ms) OVER before AS latest_ms,
        lag(w.asks) OVER transcript AS before_asks,
        lag(r.speaker) OVER transcript AS before_speaker,
        lag(r.stretch) OVER transcript AS before_stretch,
        lead(r.run_index) OVER transcript AS next_index,
        lead(r.speaker) OVER transcript AS next_speaker,
        lead(r.start_ms) OVER transcript AS next_start_ms,
        lead(r.stretch) OVER transcript AS next_stretch
    FROM talk_runs AS r
    JOIN run_words AS w
        ON w.provider = r.provider
        AND w.recording_id = r.recording_id
        AND w.variant = r.variant
        AND w.run_index = r.run_index
    JOIN overlap_evidence AS e
        ON e.provider = r.provider AND e.recording_id = r.recording_id AND e.variant = r.variant
    WINDOW
        transcript AS (PARTITION BY r.provider, r.recording_id, r.variant ORDER BY r.run_index),
        before AS (
            PARTITION BY r.provider, r.recording_id, r.variant ORDER BY r.run_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
),
measured AS (
    SELECT
        s.*,
        s.speaking_ms <= th.back_channel_ms AND s.words <= th.back_channel_words AND s.words > 0 AS brief,
        coalesce(s.end_ms <= s.latest_ms AND (s.shows_overlap OR s.may_acknowledge), false) AS within,
        coalesce(
            s.before_stretch = s.stretch
            AND s.next_stretch = s.stretch
            AND s.next_start_ms - s.end_ms <= th.resume_ms
            AND NOT s.before_asks,
            false
        ) AS goes_on
    FROM seen AS s
    CROSS JOIN thresholds AS th
),
candidates AS (
    SELECT
        *,
        brief AND may_acknowledge AND goes_on AS in_the_clear,
        brief AND (within OR (may_acknowledge AND goes_on)) AS candidate
    FROM measured
),
first_look AS (
    SELECT
        *,
        max(CASE WHEN NOT candidate THEN CAST(end_ms AS BIGINT) * 10000000 + run_index END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY run_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS first_holder
    FROM candidates
),
others AS (
    SELECT
        f.*,
        coalesce(f.candidate AND f.speaker IS DISTINCT FROM h.speaker AND h.run_index IS NOT NULL, false) AS eligible
    FROM first_look AS f
    LEFT JOIN talk_runs AS h
        ON h.provider = f.provider
        AND h.recording_id = f.recording_id
        AND h.variant = f.variant
        AND h.run_index = f.first_holder % 10000000
),
second_look AS (
    SELECT
        *,
        max(CASE WHEN NOT eligible THEN CAST(end_ms AS BIGINT) * 10000000 + run_index END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY run_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS second_holder,
        min(CASE WHEN NOT eligible THEN run_index END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY run_index DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS successor
    FROM others
),
settled AS (
    SELECT
        s.*,
        coalesce(
            s.eligible
            AND s.speaker IS DISTINCT FROM h.speaker
            AND (
                (s.within AND s.end_ms <= h.end_ms)
                OR (
                    s.in_the_clear
                    AND n.run_index IS NOT NULL
                    AND n.speaker IS NOT DISTINCT FROM h.speaker
                    AND n.stretch = s.stretch
                    AND h.stretch = s.stretch
                )
            ),
            false
        ) AS seems_so
    FROM second_look AS s
    LEFT JOIN talk_runs AS h
        ON h.provider = s.provider
        AND h.recording_id = s.recording_id
        AND h.variant = s.variant
        AND h.run_index = s.second_holder % 10000000
    LEFT JOIN talk_runs AS n
        ON n.provider = s.provider
        AND n.recording_id = s.recording_id
        AND n.variant = s.variant
        AND n.run_index = s.successor
),
-- One that was judged by a holder who in the end had lost the floor to its own speaker is that speaker's return.
watched AS (
    SELECT
        *,
        max(CASE WHEN NOT seems_so THEN CAST(end_ms AS BIGINT) * 10000000 + run_index END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY run_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS last_holder
    FROM settled
),
cleared AS (
    SELECT w.*, w.seems_so AND w.speaker IS DISTINCT FROM h.speaker AS back_channel
    FROM watched AS w
    LEFT JOIN talk_runs AS h
        ON h.provider = w.provider
        AND h.recording_id = w.recording_id
        AND h.variant = w.variant
        AND h.run_index = w.last_holder % 10000000
),
held AS (
    SELECT
        *,
        max(CASE WHEN NOT back_channel THEN CAST(end_ms AS BIGINT) * 10000000 + run_index END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY run_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS holder,
        max(CASE WHEN NOT back_channel THEN end_ms END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY run_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS holder_end_ms
    FROM cleared
),
taken AS (
    SELECT *, NOT back_channel AND (holder_end_ms IS NULL OR end_ms > holder_end_ms) AS takes_floor
    FROM held
),
begun AS (
    SELECT
        *,
        CASE
            WHEN NOT takes_floor THEN run_index
            WHEN row_number() OVER floor_of_transcript = 1 THEN run_index
            WHEN speaker IS DISTINCT FROM lag(speaker) OVER floor_of_transcript THEN run_index
            WHEN stretch <> lag(stretch) OVER floor_of_transcript THEN run_index
        END AS begins
    FROM taken
    WINDOW floor_of_transcript AS (PARTITION BY provider, recording_id, variant, takes_floor ORDER BY run_index)
)
SELECT
    provider,
    recording_id,
    variant,
    run_index,
    CASE
        WHEN takes_floor
            THEN max(begins) OVER (
                PARTITION BY provider, recording_id, variant, takes_floor ORDER BY run_index
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            )
        ELSE run_index
    END AS talk_index,
    speaker,
    start_ms,
    end_ms,
    hidden_before,
    back_channel,
    takes_floor,
    coalesce(
        brief
        AND NOT back_channel
        AND NOT may_acknowledge
        AND goes_on
        AND before_speaker IS NOT DISTINCT FROM next_speaker
        AND next_index IS NOT NULL
        AND speaker IS DISTINCT FROM before_speaker,
        false
    ) AS sliver,
    CAST(holder % 10000000 AS INTEGER) AS holder_index
FROM begun
