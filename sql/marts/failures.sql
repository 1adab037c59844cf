-- mart: failures
-- grain: corpus
-- key: provider, recording_id, variant
-- description:
--   One row per recording that failed at the vendor, and per transcript that could not be brought here, and per recording
--   whose marts could not be computed.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   variant VARCHAR: the transcript variant; NULL when the recording itself failed, or its marts
--   stage VARCHAR: 'vendor', 'ingestion' or 'marts'
--   reason VARCHAR: the vendor's reason or status, or what the last try ended with; NULL when there is none
--   detail VARCHAR: why, in the vendor's words; NULL when there are none
--   name VARCHAR: name of the recording; NULL when it has none, or is in no list any more
--   since_at TIMESTAMP [UTC]: when it was created at the vendor, or first failed here
--   attempts INTEGER: tries so far; NULL when the vendor failed
SELECT
    provider,
    recording_id,
    CAST(NULL AS VARCHAR) AS variant,
    'vendor' AS stage,
    coalesce(failure, vendor_status) AS reason,
    failure_detail AS detail,
    name,
    created_at AS since_at,
    CAST(NULL AS INTEGER) AS attempts
FROM recordings
WHERE status IN ('failed', 'blocked') AND deleted_at IS NULL
UNION ALL
SELECT
    f.provider,
    f.recording_id,
    f.variant,
    'ingestion' AS stage,
    f.reason,
    CAST(NULL AS VARCHAR) AS detail,
    r.name,
    f.first_failed_at AS since_at,
    f.attempts
FROM sync_failures AS f
LEFT JOIN recordings AS r ON r.provider = f.provider AND r.recording_id = f.recording_id
UNION ALL
SELECT
    m.provider,
    m.recording_id,
    CAST(NULL AS VARCHAR) AS variant,
    'marts' AS stage,
    min(m.reason) AS reason,
    CAST(NULL AS VARCHAR) AS detail,
    min(r.name) AS name,
    min(m.failed_at) AS since_at,
    CAST(NULL AS INTEGER) AS attempts
FROM mart_failures AS m
LEFT JOIN recordings AS r ON r.provider = m.provider AND r.recording_id = m.recording_id
WHERE m.recording_id IS NOT NULL
GROUP BY m.provider, m.recording_id
