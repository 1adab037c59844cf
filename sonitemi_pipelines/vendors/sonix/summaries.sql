-- Sonix's summaries under the names of the mart summaries.
SELECT media_id AS recording_id, folder_id, prompt, summary, stale, created_at AS asked_at
FROM sonix_batch_summaries
UNION ALL
SELECT media_id AS recording_id, CAST(NULL AS VARCHAR) AS folder_id, prompt, summary, stale, created_at AS asked_at
FROM sonix_summaries
