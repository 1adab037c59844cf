-- mart: overlaps
-- grain: transcript
-- key: provider, recording_id, variant, start_ms
-- shown: view
-- description:
--   One row per stretch in which two or more speakers speak at once, as long as it lasts without a break, back-channels
--   included. None where the times cannot show it: see shows_overlap in transcript_quality. OVERLAPS is an operator in
--   SQL: write main.overlaps, or "overlaps" in quotes.
-- columns:
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   duration_ms INTEGER [ms]: its length
--   speakers BIGINT: most speakers at one moment of it
--   first_speaker VARCHAR: who spoke already; NULL when unknown
--   second_speaker VARCHAR: who came in; NULL when unknown
WITH marked AS (
    SELECT
        s.*,
        CASE
            WHEN lag(s.end_ms) OVER (
                PARTITION BY s.provider, s.recording_id, s.variant ORDER BY s.start_ms
            ) = s.start_ms THEN 0
            ELSE 1
        END AS begins
    FROM simultaneous_speech AS s
    JOIN overlap_evidence AS e
        ON e.provider = s.provider AND e.recording_id = s.recording_id AND e.variant = s.variant
    WHERE s.speakers >= 2 AND e.shows_overlap
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
ordered AS (
    SELECT
        provider,
        recording_id,
        variant,
        unit_index,
        speaker,
        start_ms,
        row_number() OVER (
            PARTITION BY provider, recording_id, variant, start_ms ORDER BY unit_index
        ) AS starter,
        max(CAST(end_ms AS BIGINT) * 10000000 + unit_index) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY unit_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS latest
    FROM speech_units
),
starters AS (
    SELECT
        o.provider,
        o.recording_id,
        o.variant,
        o.start_ms,
        max(CASE WHEN o.starter = 1 THEN o.speaker END) AS one_speaker,
        max(CASE WHEN o.starter = 2 THEN o.speaker END) AS another_speaker,
        max(CASE WHEN o.starter = 1 THEN o.latest END) AS latest
    FROM ordered AS o
    GROUP BY o.provider, o.recording_id, o.variant, o.start_ms
)
SELECT
    o.provider,
    o.recording_id,
    o.variant,
    o.start_ms,
    o.end_ms,
    o.end_ms - o.start_ms AS duration_ms,
    o.speakers,
    CASE WHEN b.end_ms > o.start_ms THEN b.speaker ELSE s.one_speaker END AS first_speaker,
    CASE WHEN b.end_ms > o.start_ms THEN s.one_speaker ELSE s.another_speaker END AS second_speaker
FROM stretches AS o
JOIN starters AS s
    ON s.provider = o.provider
    AND s.recording_id = o.recording_id
    AND s.variant = o.variant
    AND s.start_ms = o.start_ms
LEFT JOIN speech_units AS b
    ON b.provider = o.provider
    AND b.recording_id = o.recording_id
    AND b.variant = o.variant
    AND b.unit_index = s.latest % 10000000
