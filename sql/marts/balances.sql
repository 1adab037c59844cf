-- mart: balances
-- grain: corpus
-- key: provider, observed_at
-- stored: no
-- description:
--   One row per observation of a vendor's prepaid credit. How a vendor's own table reads so is said where the vendor is
--   declared, in vendors/<vendor>/balances.sql.
-- columns:
--   provider VARCHAR: whose credit it is
--   observed_at TIMESTAMP [UTC]: when it was read
--   balance DECIMAL(18,2) [USD]: what was left
SELECT provider, observed_at, balance
FROM vendor_balances
WHERE balance IS NOT NULL
