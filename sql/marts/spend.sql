-- mart: spend
-- grain: corpus
-- key: provider, observed_at
-- description:
--   One row per change of a vendor's prepaid credit, reconciled with the recordings created since the change before:
--   what they should have cost at the configured rate, and what remains unexplained. A vendor without a balance (Sonix)
--   has none; usage_daily has its cost.
-- columns:
--   provider VARCHAR: whose credit it is
--   since_at TIMESTAMP [UTC]: last change before, or the first observation
--   observed_at TIMESTAMP [UTC]: observation that shows the change
--   balance_before DECIMAL(18,2) [USD]: balance before
--   balance DECIMAL(18,2) [USD]: balance after
--   spent DECIMAL(18,2) [USD]: by how much it fell, 0 when it rose (a top-up hides what was spent meanwhile)
--   added DECIMAL(18,2) [USD]: by how much it rose, 0 when it fell
--   jobs BIGINT: recordings created after since_at and up to observed_at that did not fail
--   started_minutes BIGINT [minutes]: their length, each rounded up to a whole minute; unknown lengths count 0
--   expected DECIMAL(18,2) [USD]: started_minutes at the configured rate; NULL when no rate is configured
--   unexplained DECIMAL(18,2) [USD]: fall of the balance minus expected; NULL when no rate is configured
WITH created AS (
    SELECT
        s.provider,
        s.observed_at,
        count(r.recording_id) AS jobs,
        coalesce(sum(ceil(r.duration_ms / 60000)), 0) AS started_minutes
    FROM balance_steps AS s
    LEFT JOIN recordings AS r
        ON r.provider = s.provider
        AND r.status <> 'failed'
        AND r.created_at > s.since_at
        AND r.created_at <= s.observed_at
    GROUP BY s.provider, s.observed_at
),
priced AS (
    SELECT
        c.provider,
        c.observed_at,
        c.jobs,
        c.started_minutes,
        CAST(CAST(c.started_minutes AS DECIMAL(12, 0)) * p.usd_per_minute AS DECIMAL(18, 2)) AS expected
    FROM created AS c
    LEFT JOIN rates AS p ON p.provider = c.provider
)
SELECT
    s.provider,
    s.since_at,
    s.observed_at,
    s.balance_before,
    s.balance,
    s.spent,
    s.added,
    p.jobs,
    p.started_minutes,
    p.expected,
    s.balance_before - s.balance - p.expected AS unexplained
FROM balance_steps AS s
JOIN priced AS p ON p.provider = s.provider AND p.observed_at = s.observed_at
