-- mart: balance_forecast
-- grain: corpus
-- key: provider
-- dialect: duckdb
-- description:
--   One row per vendor whose balance was observed: how fast the balance falls and how long it lasts. The burn is what
--   was spent from forecast_days before the last observation (from the last one seen by then, else the first) until it,
--   over the days between, at least one. A fall counts on the day it is seen, however long the balance stood before.
--   Not portable: engines name the arithmetic of days differently.
-- columns:
--   provider VARCHAR: whose credit it is
--   as_of DATE: UTC day of the last observation
--   balance DECIMAL(18,2) [USD]: balance last observed
--   days_observed INTEGER [days]: days the burn is taken over; NULL after one observation only
--   burn_per_day DOUBLE [USD/day]: spent per day; NULL after one observation only
--   days_left DOUBLE [days]: days until the balance is used up at that burn; NULL when nothing was spent
--   empty_on DATE: the day that is; NULL when nothing was spent, or more than ten years ahead
WITH seen AS (
    SELECT provider, observed_at, balance AS seen_balance
    FROM balances
),
last_seen AS (
    SELECT
        provider,
        max_by(seen_balance, observed_at) AS balance,
        max(CAST(observed_at AS DATE)) AS as_of,
        count(*) AS observations
    FROM seen
    GROUP BY provider
),
since AS (
    SELECT
        l.provider,
        l.as_of,
        l.balance,
        l.observations,
        coalesce(
            max(CASE WHEN date_diff('day', CAST(s.observed_at AS DATE), l.as_of) >= th.forecast_days THEN s.observed_at END),
            min(s.observed_at)
        ) AS from_at
    FROM last_seen AS l
    CROSS JOIN thresholds AS th
    JOIN seen AS s ON s.provider = l.provider
    GROUP BY l.provider, l.as_of, l.balance, l.observations
),
burnt AS (
    SELECT
        o.provider,
        o.as_of,
        o.balance,
        CASE WHEN o.observations > 1 THEN greatest(date_diff('day', CAST(o.from_at AS DATE), o.as_of), 1) END
            AS days_observed,
        coalesce(sum(b.spent), 0) AS spent_since
    FROM since AS o
    LEFT JOIN balance_steps AS b ON b.provider = o.provider AND b.observed_at > o.from_at
    GROUP BY o.provider, o.as_of, o.balance, o.observations, o.from_at
),
rated AS (
    SELECT
        *,
        CAST(spent_since AS DOUBLE) / days_observed AS burn_per_day,
        CAST(balance AS DOUBLE) * days_observed / nullif(CAST(spent_since AS DOUBLE), 0) AS days_left
    FROM burnt
)
SELECT
    provider,
    as_of,
    balance,
    days_observed,
    burn_per_day,
    days_left,
    CASE WHEN days_left BETWEEN 0 AND 3650 THEN as_of + CAST(floor(days_left) AS INTEGER) END AS empty_on
FROM rated
