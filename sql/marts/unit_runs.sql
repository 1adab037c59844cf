-- mart: unit_runs
-- grain: transcript
-- key: provider, recording_id, variant, unit_index
-- stored: no
-- description:
--   One row per inter-pausal unit, with the run of talk it stands in: units of one speaker in order of start, until
--   another speaker's begins, or a lapse of lapse_ms passes in which nobody speaks; what is said while another goes on
--   speaking ends with that other's unit, or when the speaker is silent for lapse_ms.
-- columns:
--   unit_index INTEGER: as in speech_units
--   run_index INTEGER: the run, from 0, in order of start
--   stretch INTEGER: number of lapses before it
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   nth INTEGER: as in speech_units
--   start_ms INTEGER [ms]: start
--   end_ms INTEGER [ms]: end
--   before_ms INTEGER [ms]: latest end of the units before; NULL for the first
--   hidden_before BOOLEAN: true when words without a known time may have been said right before it
WITH hidden AS (
    SELECT provider, recording_id, variant, end_ms
    FROM simultaneous_speech
    WHERE speakers = 0 AND untimed
),
followed AS (
    SELECT
        u.*,
        h.end_ms IS NOT NULL AS hidden_before,
        max(u.end_ms) OVER (
            PARTITION BY u.provider, u.recording_id, u.variant ORDER BY u.unit_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_ms,
        lag(u.end_ms) OVER (
            PARTITION BY u.provider, u.recording_id, u.variant ORDER BY u.unit_index
        ) AS last_end_ms,
        u.speaker IS DISTINCT FROM lag(u.speaker) OVER (
            PARTITION BY u.provider, u.recording_id, u.variant ORDER BY u.unit_index
        ) AS changes
    FROM speech_units AS u
    LEFT JOIN hidden AS h
        ON h.provider = u.provider
        AND h.recording_id = u.recording_id
        AND h.variant = u.variant
        AND h.end_ms = u.start_ms
),
lapsed AS (
    SELECT
        f.*,
        CASE WHEN NOT f.hidden_before AND f.start_ms - f.before_ms >= th.lapse_ms THEN 1 ELSE 0 END AS lapses,
        f.before_ms > f.last_end_ms
            AND (f.start_ms >= f.before_ms OR f.start_ms - f.last_end_ms >= th.lapse_ms) AS outlasted
    FROM followed AS f
    CROSS JOIN thresholds AS th
),
numbered AS (
    SELECT
        *,
        sum(lapses) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY unit_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch,
        sum(CASE WHEN unit_index = 0 OR changes OR outlasted OR lapses = 1 THEN 1 ELSE 0 END) OVER (
            PARTITION BY provider, recording_id, variant ORDER BY unit_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS run
    FROM lapsed
)
SELECT
    provider,
    recording_id,
    variant,
    unit_index,
    CAST(run - 1 AS INTEGER) AS run_index,
    CAST(stretch AS INTEGER) AS stretch,
    speaker,
    nth,
    start_ms,
    end_ms,
    before_ms,
    hidden_before
FROM numbered
