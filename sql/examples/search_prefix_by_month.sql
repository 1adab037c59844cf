-- How often is something that begins with "pric" mentioned, month by month?
SELECT
    date_trunc('month', created_at) AS month,
    provider,
    count(*) AS mentions,
    count(DISTINCT recording_id) AS recordings
FROM search('pric*')
GROUP BY ALL
ORDER BY month, provider
