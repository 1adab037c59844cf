-- Observations of Temi's prepaid credit under the names of the mart balances.
SELECT observed_at, balance
FROM temi_account_balance
