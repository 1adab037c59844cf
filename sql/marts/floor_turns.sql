-- mart: floor_turns
-- grain: transcript
-- key: provider, recording_id, variant, joined_index
-- stored: no
-- description:
--   One row per timed turn of talk, in order of start, with the turn that holds the floor when it begins: the one that
--   ends last among those that began before and are no back-channels.
-- columns:
--   joined_index INTEGER: the turn of talk
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   back_channel BOOLEAN: true when it is a back-channel
--   holder_index INTEGER: the turn of talk that holds the floor; NULL for the first
WITH ordered AS (
    SELECT
        provider,
        recording_id,
        variant,
        joined_index,
        speaker,
        start_ms,
        end_ms,
        word_count,
        max(CAST(end_ms AS BIGINT) * 10000000 + joined_index) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY start_ms, end_ms DESC, joined_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS latest,
        lag(joined_index) OVER transcript AS before_index,
        lag(speaker) OVER transcript AS before_speaker,
        lag(asks) OVER transcript AS before_asks,
        lead(joined_index) OVER transcript AS after_index,
        lead(speaker) OVER transcript AS after_speaker,
        lead(start_ms) OVER transcript AS after_start_ms
    FROM joined_turns
    WHERE start_ms IS NOT NULL
    WINDOW transcript AS (
        PARTITION BY provider, recording_id, variant ORDER BY start_ms, end_ms DESC, joined_index
    )
),
judged AS (
    SELECT
        o.*,
        coalesce(
            o.end_ms - o.start_ms <= th.back_channel_ms
            AND o.word_count <= th.back_channel_words
            AND o.speaker IS DISTINCT FROM h.speaker
            AND (
                o.end_ms <= h.end_ms
                OR (
                    o.before_speaker IS NOT DISTINCT FROM o.after_speaker
                    AND o.after_index IS NOT NULL
                    AND o.speaker IS DISTINCT FROM o.before_speaker
                    AND o.after_start_ms - o.end_ms <= th.resume_ms
                    AND NOT o.before_asks
                )
            ),
            false
        ) AS back_channel
    FROM ordered AS o
    CROSS JOIN thresholds AS th
    LEFT JOIN joined_turns AS h
        ON h.provider = o.provider
        AND h.recording_id = o.recording_id
        AND h.variant = o.variant
        AND h.joined_index = o.latest % 10000000
)
SELECT
    provider,
    recording_id,
    variant,
    joined_index,
    speaker,
    start_ms,
    end_ms,
    back_channel,
    CAST(
        max(CASE WHEN NOT back_channel THEN CAST(end_ms AS BIGINT) * 10000000 + joined_index END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY start_ms, end_ms DESC, joined_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) % 10000000 AS INTEGER
    ) AS holder_index
FROM judged
