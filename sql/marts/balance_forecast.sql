-- mart: balance_forecast
-- grain: corpus
-- key: provider
-- dialect: duckdb
-- description:
--   One row for Temi once its balance was observed: how fast the balance falls and how long it lasts. The burn is what
--   was spent in the forecast_days up to the day of the last observation, over the days observed in them, at least one.
--   Not portable: engines name the arithmetic of days differently.
-- columns:
--   provider VARCHAR: 'temi'
--   as_of DATE: UTC day of the last observation
--   balance DECIMAL(18,2) [USD]: balance last observed
--   days_observed INTEGER [days]: days the burn is taken over; NULL after one observation only
--   burn_per_day DOUBLE [USD/day]: spent per day; NULL after one observation only
--   days_left DOUBLE [days]: days until the balance is used up at that burn; NULL when nothing was spent
--   empty_on DATE: the day that is; NULL when nothing was spent, or more than ten years ahead
WITH last_seen AS (
    SELECT max_by(balance, observed_at) AS balance, max(CAST(observed_at AS DATE)) AS as_of
    FROM temi_account_balance
    WHERE balance IS NOT NULL
),
observed AS (
    SELECT
        l.as_of,
        l.balance,
        min(CAST(b.observed_at AS DATE)) AS first_day,
        count(*) AS observations,
        max(th.forecast_days) AS forecast_days
    FROM last_seen AS l
    CROSS JOIN thresholds AS th
    JOIN temi_account_balance AS b
        ON b.balance IS NOT NULL AND date_diff('day', CAST(b.observed_at AS DATE), l.as_of) <= th.forecast_days
    GROUP BY l.as_of, l.balance
),
burnt AS (
    SELECT
        o.as_of,
        o.balance,
        CASE WHEN o.observations > 1 THEN greatest(date_diff('day', o.first_day, o.as_of), 1) END AS days_observed,
        coalesce(
            (
                SELECT sum(s.spent)
                FROM balance_steps AS s
                WHERE date_diff('day', CAST(s.since_at AS DATE), o.as_of) <= o.forecast_days
            ),
            0
        ) AS spent
    FROM observed AS o
),
rated AS (
    SELECT
        *,
        CAST(spent AS DOUBLE) / days_observed AS burn_per_day,
        CAST(balance AS DOUBLE) * days_observed / nullif(CAST(spent AS DOUBLE), 0) AS days_left
    FROM burnt
)
SELECT
    'temi' AS provider,
    as_of,
    balance,
    days_observed,
    burn_per_day,
    days_left,
    CASE WHEN days_left BETWEEN 0 AND 3650 THEN as_of + CAST(floor(days_left) AS INTEGER) END AS empty_on
FROM rated
