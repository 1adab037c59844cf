-- How often is each of my tracked phrases said, month by month, and in how many recordings?
SELECT
    date_trunc('month', day) AS month,
    category,
    tracker,
    count(*) AS mentions,
    count(DISTINCT (provider, recording_id)) AS recordings
FROM tracker_hits
WHERE variant = 'latest'
GROUP BY ALL
ORDER BY month DESC, mentions DESC, tracker
