-- Sonix media under the names of the mart recordings.
SELECT
    media_id AS recording_id,
    name,
    status AS vendor_status,
    language,
    duration_ms,
    created_at,
    updated_at AS modified_at,
    public_url AS url,
    folder_id,
    folder_name,
    CAST(NULL AS VARCHAR) AS failure,
    CAST(NULL AS VARCHAR) AS failure_detail,
    first_seen_at,
    changed_at,
    deleted_at,
    day
FROM sonix_media
