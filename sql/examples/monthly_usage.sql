-- How many minutes did we use, by month and vendor, and what should it cost?
SELECT
    date_trunc('month', day) AS month,
    provider,
    sum(recordings) AS recordings,
    round(sum(completed_minutes)) AS minutes,
    sum(cost) AS cost
FROM usage_daily
GROUP BY ALL
ORDER BY month DESC, provider
