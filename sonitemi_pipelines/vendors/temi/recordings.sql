-- Temi jobs under the names of the mart recordings.
SELECT
    job_id AS recording_id,
    name,
    status AS vendor_status,
    CAST(NULL AS VARCHAR) AS language,
    duration_ms,
    created_at,
    last_modified_at AS modified_at,
    web_url AS url,
    CAST(NULL AS VARCHAR) AS folder_id,
    CAST(NULL AS VARCHAR) AS folder_name,
    failure,
    failure_detail,
    first_seen_at,
    changed_at,
    deleted_at,
    day
FROM temi_jobs
