-- mart: balance_steps
-- grain: corpus
-- key: observed_at
-- stored: no
-- description:
--   One row per change of the Temi balance from one observation to the next; observations that show no change are
--   passed over.
-- columns:
--   since_at TIMESTAMP [UTC]: last change before, or the first observation
--   observed_at TIMESTAMP [UTC]: observation that shows the change
--   balance_before DECIMAL(18,2) [USD]: balance before
--   balance DECIMAL(18,2) [USD]: balance after
--   spent DECIMAL(18,2) [USD]: by how much it fell, 0 when it rose
--   added DECIMAL(18,2) [USD]: by how much it rose, 0 when it fell
WITH followed AS (
    SELECT
        observed_at,
        balance,
        lag(balance) OVER (ORDER BY observed_at) AS balance_before
    FROM temi_account_balance
    WHERE balance IS NOT NULL
),
changes AS (
    SELECT
        observed_at,
        balance,
        balance_before,
        lag(observed_at) OVER (ORDER BY observed_at) AS since_at
    FROM followed
    WHERE balance IS DISTINCT FROM balance_before
)
SELECT
    since_at,
    observed_at,
    balance_before,
    balance,
    CASE WHEN balance < balance_before THEN balance_before - balance ELSE 0 END AS spent,
    CASE WHEN balance > balance_before THEN balance - balance_before ELSE 0 END AS added
FROM changes
WHERE balance_before IS NOT NULL
