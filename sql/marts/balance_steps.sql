-- mart: balance_steps
-- grain: corpus
-- key: provider, observed_at
-- stored: no
-- description:
--   One row per change of a vendor's balance from one observation to the next; observations that show no change are
--   passed over.
-- columns:
--   provider VARCHAR: whose credit it is
--   since_at TIMESTAMP [UTC]: last change before, or the first observation
--   observed_at TIMESTAMP [UTC]: observation that shows the change
--   balance_before DECIMAL(18,2) [USD]: balance before
--   balance DECIMAL(18,2) [USD]: balance after
--   spent DECIMAL(18,2) [USD]: by how much it fell, 0 when it rose
--   added DECIMAL(18,2) [USD]: by how much it rose, 0 when it fell
WITH followed AS (
    SELECT
        provider,
        observed_at,
        balance,
        lag(balance) OVER (PARTITION BY provider ORDER BY observed_at) AS balance_before
    FROM balances
),
changes AS (
    SELECT
        provider,
        observed_at,
        balance,
        balance_before,
        lag(observed_at) OVER (PARTITION BY provider ORDER BY observed_at) AS since_at
    FROM followed
    WHERE balance IS DISTINCT FROM balance_before
)
SELECT
    provider,
    since_at,
    observed_at,
    balance_before,
    balance,
    CASE WHEN balance < balance_before THEN balance_before - balance ELSE 0 END AS spent,
    CASE WHEN balance > balance_before THEN balance - balance_before ELSE 0 END AS added
FROM changes
WHERE balance_before IS NOT NULL
