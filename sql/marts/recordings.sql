-- mart: recordings
-- grain: corpus
-- key: provider, recording_id
-- description:
--   One row per recording: a Sonix media file or a Temi job, under one set of names. How a vendor's own list reads so
--   is said where the vendor is declared, in vendors/<vendor>/recordings.sql.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   name VARCHAR: name given by the user, or of the file; NULL when there is none
--   status VARCHAR: in_progress, completed, failed, blocked, duplicate or unknown (a status not documented)
--   vendor_status VARCHAR: the status as the vendor sent it; NULL when it sent none
--   language VARCHAR: language code; NULL when the vendor does not say
--   duration_ms INTEGER [ms]: length of the media; NULL while the vendor does not know it
--   created_at TIMESTAMP [UTC]: when it was uploaded or submitted; NULL when the vendor does not say
--   modified_at TIMESTAMP [UTC]: when it last changed, where the vendor says so; NULL where it does not
--   url VARCHAR: page of the vendor that shows the transcript; NULL when the vendor names none
--   folder_id VARCHAR: Sonix folder; NULL in the home folder and on Temi
--   folder_name VARCHAR: name of that folder; NULL as above
--   failure VARCHAR: Temi's reason of failure; NULL otherwise
--   failure_detail VARCHAR: why it failed, in words; NULL otherwise
--   first_seen_at TIMESTAMP [UTC]: when a sync first saw it
--   changed_at TIMESTAMP [UTC]: when a sync last saw it differ
--   deleted_at TIMESTAMP [UTC]: when it was found gone from the vendor; NULL while it is there
--   day DATE: UTC date of creation
SELECT
    provider,
    recording_id,
    name,
    status,
    vendor_status,
    language,
    duration_ms,
    created_at,
    modified_at,
    url,
    folder_id,
    folder_name,
    failure,
    failure_detail,
    first_seen_at,
    changed_at,
    deleted_at,
    day
FROM vendor_recordings
