-- mart: recordings
-- grain: corpus
-- key: provider, recording_id
-- description:
--   One row per recording: a Sonix media file or a Temi job, under one set of names.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   name VARCHAR: name given by the user, or of the file
--   status VARCHAR: in_progress, completed, failed, blocked, duplicate or unknown (a status not documented)
--   vendor_status VARCHAR: the status as the vendor sent it
--   language VARCHAR: language code; NULL when the vendor does not say
--   duration_ms INTEGER [ms]: length of the media; NULL while the vendor does not know it
--   created_at TIMESTAMP [UTC]: when it was uploaded or submitted
--   modified_at TIMESTAMP [UTC]: when it last changed, where the vendor says so
--   url VARCHAR: page of the vendor that shows the transcript
--   folder_id VARCHAR: Sonix folder; NULL in the home folder and on Temi
--   folder_name VARCHAR: name of that folder
--   failure VARCHAR: Temi's reason of failure
--   failure_detail VARCHAR: why it failed, in words
--   first_seen_at TIMESTAMP [UTC]: when a sync first saw it
--   changed_at TIMESTAMP [UTC]: when a sync last saw it differ
--   deleted_at TIMESTAMP [UTC]: when it was found gone from the vendor; NULL while it is there
--   day DATE: UTC date of creation
SELECT
    'sonix' AS provider,
    media_id AS recording_id,
    name,
    CASE
        WHEN status IN ('preparing', 'transcribing', 'aligning') THEN 'in_progress'
        WHEN status IN ('completed', 'failed', 'blocked', 'duplicate') THEN status
        ELSE 'unknown'
    END AS status,
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
UNION ALL
SELECT
    'temi' AS provider,
    job_id AS recording_id,
    name,
    CASE
        WHEN status IN ('in_progress', 'inprogress') THEN 'in_progress'
        WHEN status IN ('transcribed', 'completed') THEN 'completed'
        WHEN status = 'failed' THEN 'failed'
        ELSE 'unknown'
    END AS status,
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
