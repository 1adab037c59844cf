"""The part of the settings that watching reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from sonitemi_pipelines.errors import SettingsError

_MOST_DAYS = 36_500
_MOST_USD = 10**9


@dataclass(frozen=True)
class WatchSettings:
    """Thresholds and where notices go.

    Attributes:
        low_balance: USD of prepaid credit below which it is low (SONITEMI_LOW_BALANCE); None for no such threshold.
        low_balance_days: days of credit below which it is low (SONITEMI_LOW_BALANCE_DAYS).
        backlog_hours: hours after which an unfinished recording counts as stuck (SONITEMI_BACKLOG_HOURS).
        failed_days: days that a failed recording is told of (SONITEMI_FAILED_DAYS).
        vacuum_days: days that files no version names any more are kept for readers (SONITEMI_VACUUM_DAYS), 1 at least.
        notify_url: where notices are POSTed (SONITEMI_NOTIFY_URL); None for nowhere.
    """

    low_balance: Decimal | None = None
    low_balance_days: Decimal = Decimal(3)
    backlog_hours: Decimal = Decimal(24)
    failed_days: Decimal = Decimal(7)
    vacuum_days: Decimal = Decimal(7)
    notify_url: str | None = field(default=None, repr=False)


def watch_settings(values: Mapping[str, str]) -> WatchSettings:
    """Read from variables without blanks around their values.

    Raises:
        SettingsError: naming the variable and what would be right.
    """
    low = values.get("SONITEMI_LOW_BALANCE")
    return WatchSettings(
        low_balance=None if low is None else _number("SONITEMI_LOW_BALANCE", low, 0, _MOST_USD),
        low_balance_days=_number(
            "SONITEMI_LOW_BALANCE_DAYS", values.get("SONITEMI_LOW_BALANCE_DAYS", "3"), 0, _MOST_DAYS
        ),
        backlog_hours=_number("SONITEMI_BACKLOG_HOURS", values.get("SONITEMI_BACKLOG_HOURS", "24"), 0, 24 * _MOST_DAYS),
        failed_days=_number("SONITEMI_FAILED_DAYS", values.get("SONITEMI_FAILED_DAYS", "7"), 0, _MOST_DAYS),
        vacuum_days=_number("SONITEMI_VACUUM_DAYS", values.get("SONITEMI_VACUUM_DAYS", "7"), 1, _MOST_DAYS),
        notify_url=values.get("SONITEMI_NOTIFY_URL"),
    )


def _number(name: str, text: str, least: int, most: int) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not least <= number <= most:
        raise SettingsError(f"{name}={text} is not a number from {least} to {most}")
    return number
