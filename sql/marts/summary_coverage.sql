-- mart: summary_coverage
-- grain: corpus
-- key: media_id, prompt
-- description:
--   One row per completed Sonix media and prompt: whether it has a summary. A prompt asked in a batch is wanted of every
--   media now in that folder; a media of which nothing was asked has one row without prompt.
-- columns:
--   media_id VARCHAR: Sonix media id
--   name VARCHAR: name of the media
--   folder_id VARCHAR: folder it is in; NULL in the home folder
--   prompt VARCHAR: what was asked; NULL when nothing was
--   summarized BOOLEAN: true when there is an answer
--   stale BOOLEAN: true when the transcript changed after every answer was fetched; NULL without an answer
--   answers BIGINT: answers there are, of batches and single ones
--   last_asked_at TIMESTAMP [UTC]: when it was last asked for; NULL when never of this media
WITH completed AS (
    SELECT recording_id AS media_id, name, folder_id
    FROM recordings
    WHERE provider = 'sonix' AND status = 'completed' AND deleted_at IS NULL
),
asked AS (
    SELECT media_id, prompt, summary, stale, created_at
    FROM sonix_batch_summaries
    WHERE media_id IS NOT NULL
    UNION ALL
    SELECT media_id, prompt, summary, stale, created_at
    FROM sonix_summaries
    WHERE media_id IS NOT NULL
),
answered AS (
    SELECT
        media_id,
        prompt,
        count(summary) AS answers,
        count(summary) FILTER (WHERE coalesce(stale, false)) AS stale_answers,
        max(created_at) AS last_asked_at
    FROM asked
    GROUP BY media_id, prompt
),
wanted AS (
    SELECT media_id, prompt FROM answered
    UNION
    SELECT c.media_id, b.prompt
    FROM completed AS c
    JOIN sonix_batch_summaries AS b ON b.folder_id = c.folder_id
)
SELECT
    c.media_id,
    c.name,
    c.folder_id,
    w.prompt,
    coalesce(a.answers, 0) > 0 AS summarized,
    CASE WHEN a.answers > 0 THEN a.stale_answers = a.answers END AS stale,
    coalesce(a.answers, 0) AS answers,
    a.last_asked_at
FROM completed AS c
LEFT JOIN wanted AS w ON w.media_id = c.media_id
LEFT JOIN answered AS a ON a.media_id = w.media_id AND a.prompt IS NOT DISTINCT FROM w.prompt
