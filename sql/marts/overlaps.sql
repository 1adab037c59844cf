-- mart: overlaps
-- grain: transcript
-- key: provider, recording_id, variant, start_ms
-- description:
--   One row per stretch in which two or more speakers speak at once, as long as it lasts without a break, back-channels
--   included. OVERLAPS is an operator in SQL: write main.overlaps, or "overlaps" in quotes.
-- columns:
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   duration_ms INTEGER [ms]: its length
--   speakers BIGINT: most speakers at one moment of it
--   first_speaker VARCHAR: who spoke already; NULL when unknown
--   second_speaker VARCHAR: who came in; NULL when unknown
WITH marked AS (
    SELECT
        *,
        CASE
            WHEN lag(end_ms) OVER (PARTITION BY provider, recording_id, variant ORDER BY start_ms) = start_ms THEN 0
            ELSE 1
        END AS begins
    FROM simultaneous_speech
    WHERE speakers >= 2
),
numbered AS (
    SELECT
        *,
        sum(begins) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY start_ms
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch
    FROM marked
),
stretches AS (
    SELECT
        provider,
        recording_id,
        variant,
        min(start_ms) AS start_ms,
        max(end_ms) AS end_ms,
        max(speakers) AS speakers
    FROM numbered
    GROUP BY provider, recording_id, variant, stretch
),
present AS (
    SELECT
        o.*,
        s.speaker,
        row_number() OVER (
            PARTITION BY o.provider, o.recording_id, o.variant, o.start_ms
            ORDER BY s.start_ms, s.speaker NULLS LAST
        ) AS nth
    FROM stretches AS o
    JOIN speech_spans AS s
        ON s.provider = o.provider
        AND s.recording_id = o.recording_id
        AND s.variant = o.variant
        AND s.start_ms <= o.start_ms
        AND s.end_ms > o.start_ms
)
SELECT
    provider,
    recording_id,
    variant,
    start_ms,
    max(end_ms) AS end_ms,
    max(end_ms) - start_ms AS duration_ms,
    max(speakers) AS speakers,
    max(CASE WHEN nth = 1 THEN speaker END) AS first_speaker,
    max(CASE WHEN nth = 2 THEN speaker END) AS second_speaker
FROM present
GROUP BY provider, recording_id, variant, start_ms
