-- mart: backlog
-- grain: corpus
-- key: provider, recording_id
-- description:
--   One row per recording that waits: at the vendor (in progress, or in a status not documented), or for its transcript
--   to be brought here. Ages are a matter of now: the macro backlog_now() of the warehouse adds them.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   name VARCHAR: name of the recording
--   waits_for VARCHAR: 'vendor' or 'ingestion'
--   vendor_status VARCHAR: the status as the vendor sent it; NULL when it sent none
--   duration_ms INTEGER [ms]: length of the media; NULL when not known
--   created_at TIMESTAMP [UTC]: when it was uploaded or submitted
--   first_seen_at TIMESTAMP [UTC]: when a sync first saw it
SELECT
    r.provider,
    r.recording_id,
    r.name,
    CASE WHEN r.status = 'completed' THEN 'ingestion' ELSE 'vendor' END AS waits_for,
    r.vendor_status,
    r.duration_ms,
    r.created_at,
    r.first_seen_at
FROM recordings AS r
LEFT JOIN transcripts AS t
    ON t.provider = r.provider AND t.recording_id = r.recording_id AND t.variant = 'latest'
WHERE r.deleted_at IS NULL
    AND (r.status IN ('in_progress', 'unknown') OR (r.status = 'completed' AND t.recording_id IS NULL))
