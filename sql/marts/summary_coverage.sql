-- mart: summary_coverage
-- grain: corpus
-- key: provider, media_id, prompt
-- description:
--   One row per prompt and completed media of a vendor that summarizes (Sonix): whether it has a summary. A prompt asked
--   of a folder is wanted of every media now in it; a media of which nothing was asked has one row without prompt.
-- columns:
--   provider VARCHAR: who summarizes
--   media_id VARCHAR: id of the media at the vendor, recording_id of other tables
--   name VARCHAR: name of the media
--   folder_id VARCHAR: folder it is in; NULL in the home folder
--   prompt VARCHAR: what was asked; NULL when nothing was
--   summarized BOOLEAN: true when there is an answer
--   stale BOOLEAN: true when the transcript changed after every answer was fetched; NULL without an answer
--   answers BIGINT: answers there are, of batches and single ones
--   last_asked_at TIMESTAMP [UTC]: when it was last asked for; NULL when never of this media
WITH completed AS (
    SELECT r.provider, r.recording_id, r.name, r.folder_id
    FROM recordings AS r
    JOIN summarizing_providers AS p ON p.provider = r.provider
    WHERE r.status = 'completed' AND r.deleted_at IS NULL
),
answered AS (
    SELECT
        provider,
        recording_id,
        prompt,
        count(summary) AS answers,
        count(summary) FILTER (WHERE coalesce(stale, false)) AS stale_answers,
        max(asked_at) AS last_asked_at
    FROM summaries
    WHERE recording_id IS NOT NULL
    GROUP BY provider, recording_id, prompt
),
wanted AS (
    SELECT provider, recording_id, prompt FROM answered
    UNION
    SELECT c.provider, c.recording_id, s.prompt
    FROM completed AS c
    JOIN summaries AS s ON s.provider = c.provider AND s.folder_id = c.folder_id
)
SELECT
    c.provider,
    c.recording_id AS media_id,
    c.name,
    c.folder_id,
    w.prompt,
    coalesce(a.answers, 0) > 0 AS summarized,
    CASE WHEN a.answers > 0 THEN a.stale_answers = a.answers END AS stale,
    coalesce(a.answers, 0) AS answers,
    a.last_asked_at
FROM completed AS c
LEFT JOIN wanted AS w ON w.provider = c.provider AND w.recording_id = c.recording_id
LEFT JOIN answered AS a
    ON a.provider = w.provider AND a.recording_id = w.recording_id AND a.prompt IS NOT DISTINCT FROM w.prompt
