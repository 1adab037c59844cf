-- How long will the prepaid credit last, and what explains the last steps of it?
SELECT
    f.provider,
    f.balance,
    round(f.burn_per_day, 2) AS burn_per_day,
    round(f.days_left) AS days_left,
    f.empty_on,
    s.observed_at,
    s.spent,
    s.expected,
    s.unexplained
FROM balance_forecast AS f
LEFT JOIN (SELECT * FROM spend ORDER BY observed_at DESC LIMIT 10) AS s ON s.provider = f.provider
ORDER BY s.observed_at DESC
