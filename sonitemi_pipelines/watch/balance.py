"""How long Temi's prepaid credit lasts, as the mart `balance_forecast` works it out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import load_marts


@dataclass(frozen=True)
class BalanceOutlook:
    """What is left and how fast it goes.

    Attributes:
        balance: USD, as last observed.
        burn_per_day: USD spent a day lately; None after one observation only.
        days_left: days until it is used up at that rate; None when nothing is spent or the rate is not known.
    """

    balance: Decimal
    burn_per_day: float | None
    days_left: float | None

    def is_low(self, threshold: Decimal | None, days: Decimal) -> bool:
        """Whether the balance is below `threshold` (USD; None for none) or lasts less than `days`."""
        below = threshold is not None and self.balance < threshold
        return below or self.balance <= 0 or (self.days_left is not None and self.days_left < days)

    def __str__(self) -> str:
        if self.burn_per_day is None:
            return f"Temi balance {self.balance} USD, how long it lasts is not known yet"
        if self.days_left is None:
            return f"Temi balance {self.balance} USD, nothing is being spent"
        return f"Temi balance {self.balance} USD, {self.days_left:.1f} days left at {self.burn_per_day:.2f} USD a day"


def outlook(lake: Lake) -> BalanceOutlook | None:
    """What the lake says now; None before the first observation."""
    rows = lake.read(load_marts()["balance_forecast"].table, ["balance", "burn_per_day", "days_left"]).to_pylist()
    return BalanceOutlook(**rows[0]) if rows else None
