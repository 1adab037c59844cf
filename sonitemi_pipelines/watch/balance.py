"""How long a vendor's prepaid credit lasts, as the mart `balance_forecast` works it out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import load_marts


@dataclass(frozen=True)
class BalanceOutlook:
    """What is left and how fast it goes.

    Attributes:
        provider: whose credit it is.
        balance: USD, as last observed.
        burn_per_day: USD spent a day lately; None after one observation only.
        days_left: days until it is used up at that rate; None when nothing is spent or the rate is not known.
    """

    provider: str
    balance: Decimal
    burn_per_day: float | None
    days_left: float | None

    def is_low(self, threshold: Decimal | None, days: Decimal) -> bool:
        """Whether the balance is below `threshold` (USD; None for none) or lasts less than `days`."""
        below = threshold is not None and self.balance < threshold
        return below or self.balance <= 0 or (self.days_left is not None and self.days_left < days)

    def __str__(self) -> str:
        said = f"{self.provider.capitalize()} balance {self.balance} USD"
        if self.burn_per_day is None:
            return f"{said}, how long it lasts is not known yet"
        if self.days_left is None:
            return f"{said}, nothing is being spent"
        return f"{said}, {self.days_left:.1f} days left at {self.burn_per_day:.2f} USD a day"


def outlook(lake: Lake, provider: str) -> BalanceOutlook | None:
    """What the lake says now of one vendor; None before the first observation."""
    columns = ["provider", "balance", "burn_per_day", "days_left"]
    rows = lake.read(load_marts()["balance_forecast"].table, columns).to_pylist()
    return next((BalanceOutlook(**row) for row in rows if row["provider"] == provider), None)
