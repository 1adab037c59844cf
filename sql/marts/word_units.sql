-- mart: word_units
-- grain: transcript
-- key: provider, recording_id, variant, word_index, estimated
-- stored: no
-- description:
--   One row per token of kind 'word', with the time it can have and the inter-pausal unit it belongs to. A time can be
--   when it has a length, of at most longest_word_ms for each word, and lies within the media (within longest_media_ms
--   where the media's length is not known, or most words lie beyond it); what reaches beyond by at most end_slack_ms is cut. A token without such a
--   time belongs to the unit of the timed token before it in its turn, else of the one behind it. A turn in which no
--   token has one has a row more: the vendor's span, which stands in.
-- columns:
--   word_index INTEGER: position of the token in the transcript; for a span that of the turn's first token
--   turn_index INTEGER: turn of the vendor
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   word_count INTEGER: words that begin in it; 0 for a span
--   start_ms INTEGER [ms]: start; NULL when it has no time that can be
--   end_ms INTEGER [ms]: end; NULL as above
--   hides BOOLEAN: true when nobody knows when it was said: without a time, at 0/0, or at a time that cannot be; a token
--     without length elsewhere is a moment, which hides nothing
--   impossible BOOLEAN: true when it has a length at a time that cannot be
--   estimated BOOLEAN: true for a span
--   place_ms INTEGER [ms]: start_ms, or that of the token it goes with
--   nth INTEGER: number of the unit among those of the speaker, from 1; NULL when the turn has no time at all
WITH beyond AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        count(*) AS lengths,
        count(*) FILTER (WHERE w.end_ms > t.duration_ms + th.end_slack_ms) AS past_the_end
    FROM words AS w
    CROSS JOIN thresholds AS th
    JOIN transcripts AS t
        ON t.provider = w.provider AND t.recording_id = w.recording_id AND t.variant = w.variant
    WHERE w.kind = 'word' AND w.start_ms < w.end_ms
    GROUP BY w.provider, w.recording_id, w.variant
),
media AS (
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        CASE
            WHEN t.duration_ms > 0 AND coalesce(2 * b.past_the_end <= b.lengths, true) THEN t.duration_ms
            ELSE th.longest_media_ms
        END AS limit_ms
    FROM transcripts AS t
    CROSS JOIN thresholds AS th
    LEFT JOIN beyond AS b ON b.provider = t.provider AND b.recording_id = t.recording_id AND b.variant = t.variant
),
judged AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.word_index,
        w.turn_index,
        w.speaker,
        w.word_count,
        w.start_ms,
        w.end_ms,
        m.limit_ms,
        coalesce(
            w.start_ms >= 0
            AND w.start_ms < w.end_ms
            AND w.start_ms < m.limit_ms
            AND w.end_ms <= m.limit_ms + th.end_slack_ms
            AND w.end_ms - w.start_ms <= th.longest_word_ms * greatest(w.word_count, 1),
            false
        ) AS can_be
    FROM words AS w
    CROSS JOIN thresholds AS th
    JOIN media AS m ON m.provider = w.provider AND m.recording_id = w.recording_id AND m.variant = w.variant
    WHERE w.kind = 'word'
),
spanless AS (
    SELECT
        provider,
        recording_id,
        variant,
        turn_index,
        min(word_index) AS word_index,
        sum(word_count) AS said,
        max(limit_ms) AS limit_ms
    FROM judged
    GROUP BY provider, recording_id, variant, turn_index
    HAVING NOT bool_or(can_be) AND sum(word_count) > 0
),
given AS (
    SELECT
        provider,
        recording_id,
        variant,
        word_index,
        turn_index,
        speaker,
        word_count,
        CASE WHEN can_be THEN start_ms END AS start_ms,
        CASE WHEN can_be THEN least(end_ms, limit_ms) END AS end_ms,
        NOT can_be AND NOT coalesce(start_ms = end_ms AND start_ms > 0 AND start_ms <= limit_ms, false) AS hides,
        NOT can_be AND coalesce(start_ms < end_ms, false) AS impossible,
        false AS estimated
    FROM judged
    UNION ALL
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        s.word_index,
        t.turn_index,
        t.speaker,
        0 AS word_count,
        t.start_ms,
        least(t.end_ms, s.limit_ms) AS end_ms,
        false AS hides,
        false AS impossible,
        true AS estimated
    FROM spanless AS s
    CROSS JOIN thresholds AS th
    JOIN turns AS t
        ON t.provider = s.provider
        AND t.recording_id = s.recording_id
        AND t.variant = s.variant
        AND t.turn_index = s.turn_index
    WHERE t.start_ms >= 0
        AND t.start_ms < t.end_ms
        AND t.start_ms < s.limit_ms
        AND t.end_ms - t.start_ms <= th.longest_word_ms * s.said
),
marked AS (
    SELECT
        g.*,
        CASE
            WHEN g.start_ms - max(g.end_ms) OVER (
                PARTITION BY g.provider, g.recording_id, g.variant, g.speaker
                ORDER BY g.start_ms, g.end_ms, g.word_index
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) < th.pause_ms THEN 0
            ELSE 1
        END AS begins
    FROM given AS g
    CROSS JOIN thresholds AS th
    WHERE g.start_ms IS NOT NULL
),
timed AS (
    SELECT
        provider,
        recording_id,
        variant,
        word_index,
        turn_index,
        speaker,
        word_count,
        start_ms,
        end_ms,
        hides,
        impossible,
        estimated,
        start_ms AS place_ms,
        sum(begins) OVER (
            PARTITION BY provider, recording_id, variant, speaker ORDER BY start_ms, end_ms, word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS nth
    FROM marked
),
holed AS (
    SELECT DISTINCT provider, recording_id, variant, turn_index
    FROM given
    WHERE start_ms IS NULL
),
in_holed AS (
    SELECT
        g.*,
        t.nth AS own_nth,
        count(g.start_ms) OVER (
            PARTITION BY g.provider, g.recording_id, g.variant, g.turn_index
            ORDER BY g.word_index, g.estimated DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS timed_so_far
    FROM given AS g
    JOIN holed AS h
        ON h.provider = g.provider
        AND h.recording_id = g.recording_id
        AND h.variant = g.variant
        AND h.turn_index = g.turn_index
    LEFT JOIN timed AS t
        ON t.provider = g.provider
        AND t.recording_id = g.recording_id
        AND t.variant = g.variant
        AND t.word_index = g.word_index
        AND t.estimated = g.estimated
),
followed AS (
    SELECT
        *,
        max(start_ms) OVER timed_token AS place_ms,
        max(own_nth) OVER timed_token AS nth
    FROM in_holed
    WINDOW timed_token AS (
        PARTITION BY provider, recording_id, variant, turn_index, greatest(timed_so_far, 1)
    )
)
SELECT
    provider,
    recording_id,
    variant,
    word_index,
    turn_index,
    speaker,
    word_count,
    start_ms,
    end_ms,
    hides,
    impossible,
    estimated,
    place_ms,
    CAST(nth AS INTEGER) AS nth
FROM timed
UNION ALL
SELECT
    provider,
    recording_id,
    variant,
    word_index,
    turn_index,
    speaker,
    word_count,
    start_ms,
    end_ms,
    hides,
    impossible,
    estimated,
    place_ms,
    CAST(nth AS INTEGER) AS nth
FROM followed
WHERE start_ms IS NULL
