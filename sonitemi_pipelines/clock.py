"""The time of day, as every table of the lake stores it."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    """This moment: naive, UTC, microseconds."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
