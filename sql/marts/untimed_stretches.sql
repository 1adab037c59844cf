-- mart: untimed_stretches
-- grain: transcript
-- key: provider, recording_id, variant, start_ms, end_ms
-- stored: no
-- description:
--   One row per stretch in which words without a known time may have been said; no silence, pause or gap lies in it.
--   Between two timed words of a turn it reaches from one to the other. Before the first timed word of a turn, or behind
--   the last, it is the silence that adjoins. A turn without a time at all, which only its place in the list tells of,
--   lies between the timed turns listed around it.
-- columns:
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
WITH hiding AS (
    SELECT DISTINCT provider, recording_id, variant, turn_index
    FROM word_units
    WHERE hides
),
-- Where nothing hides nothing is looked at.
concerned AS (
    SELECT DISTINCT provider, recording_id, variant
    FROM hiding
),
placed AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.hides,
        max(CASE WHEN NOT w.estimated THEN w.end_ms END) OVER (
            PARTITION BY w.provider, w.recording_id, w.variant, w.turn_index ORDER BY w.word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_ms,
        min(CASE WHEN NOT w.estimated THEN w.start_ms END) OVER (
            PARTITION BY w.provider, w.recording_id, w.variant, w.turn_index ORDER BY w.word_index DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS after_ms
    FROM word_units AS w
    JOIN hiding AS h
        ON h.provider = w.provider
        AND h.recording_id = w.recording_id
        AND h.variant = w.variant
        AND h.turn_index = w.turn_index
),
within_turns AS (
    SELECT DISTINCT provider, recording_id, variant, before_ms, after_ms
    FROM placed
    WHERE hides AND (before_ms IS NOT NULL OR after_ms IS NOT NULL)
),
listed AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.turn_index,
        min(w.start_ms) AS start_ms,
        max(w.end_ms) AS end_ms,
        bool_or(w.hides) AND min(w.start_ms) IS NULL AS lost
    FROM word_units AS w
    JOIN concerned AS c
        ON c.provider = w.provider AND c.recording_id = w.recording_id AND c.variant = w.variant
    GROUP BY w.provider, w.recording_id, w.variant, w.turn_index
),
counted AS (
    SELECT
        *,
        count(start_ms) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY turn_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS timed_before,
        count(start_ms) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY turn_index DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS timed_after
    FROM listed
),
around AS (
    SELECT
        provider,
        recording_id,
        variant,
        lost,
        max(end_ms) OVER (PARTITION BY provider, recording_id, variant, timed_before) AS before_ms,
        min(start_ms) OVER (PARTITION BY provider, recording_id, variant, timed_after) AS after_ms
    FROM counted
),
known AS (
    SELECT provider, recording_id, variant, before_ms, after_ms FROM within_turns
    UNION ALL
    SELECT DISTINCT provider, recording_id, variant, before_ms, after_ms FROM around WHERE lost
),
followed AS (
    SELECT
        u.provider,
        u.recording_id,
        u.variant,
        u.start_ms,
        max(u.end_ms) OVER (
            PARTITION BY u.provider, u.recording_id, u.variant ORDER BY u.unit_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_ms
    FROM speech_units AS u
    JOIN concerned AS c
        ON c.provider = u.provider AND c.recording_id = u.recording_id AND c.variant = u.variant
),
nobody AS (
    SELECT provider, recording_id, variant, before_ms AS start_ms, start_ms AS end_ms
    FROM followed
    WHERE start_ms > before_ms
)
SELECT provider, recording_id, variant, before_ms AS start_ms, after_ms AS end_ms
FROM known
WHERE before_ms < after_ms
UNION
SELECT n.provider, n.recording_id, n.variant, n.start_ms, n.end_ms
FROM known AS k
JOIN nobody AS n
    ON n.provider = k.provider
    AND n.recording_id = k.recording_id
    AND n.variant = k.variant
    AND n.start_ms = k.before_ms
WHERE k.after_ms IS NULL
UNION
SELECT n.provider, n.recording_id, n.variant, n.start_ms, n.end_ms
FROM known AS k
JOIN nobody AS n
    ON n.provider = k.provider
    AND n.recording_id = k.recording_id
    AND n.variant = k.variant
    AND n.end_ms = k.after_ms
WHERE k.before_ms IS NULL
