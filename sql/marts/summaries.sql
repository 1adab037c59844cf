-- mart: summaries
-- grain: corpus
-- key: provider, recording_id, folder_id, prompt, asked_at
-- stored: no
-- description:
--   One row per summary asked for, of one recording or of each in a folder. How a vendor's own tables read so is said
--   where the vendor is declared, in vendors/<vendor>/summaries.sql.
-- columns:
--   provider VARCHAR: who summarizes
--   recording_id VARCHAR: what it is of; NULL while a whole folder is being summarized
--   folder_id VARCHAR: folder it was asked for; NULL when it was asked for one recording
--   prompt VARCHAR: what was asked
--   summary VARCHAR: the answer; NULL until there is one
--   stale BOOLEAN: true when the transcript changed after the answer was fetched
--   asked_at TIMESTAMP [UTC]: when it was asked for
SELECT provider, recording_id, folder_id, prompt, summary, stale, asked_at
FROM vendor_summaries
