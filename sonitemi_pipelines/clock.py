"""Times as every table of the lake stores them: moments, and positions in media."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_FLOOR, Decimal


def utc_now() -> dt.datetime:
    """This moment: naive, UTC, microseconds."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def milliseconds_of(seconds: float) -> int:
    """Seconds as whole milliseconds, halves up as the decimal number was sent: 33089.8365 has no exact double."""
    return int((Decimal(repr(seconds)) * 1000 + Decimal("0.5")).to_integral_value(ROUND_FLOOR))
