"""What the statuses of vendors mean. Each vendor has a table for each kind of thing; who asks whether something has
ended reads it there.
"""

from __future__ import annotations

from collections.abc import Mapping

Statuses = Mapping[str, str]
"""What the vendor calls a status -> in_progress, completed, failed, blocked or duplicate. A status that is not there is
not known, and no end."""

FAILURES = ("failed", "blocked")
"""Meanings of an end without a result."""


def said_of(statuses: Statuses, *meanings: str) -> frozenset[str]:
    """What the vendor calls the statuses that mean one of these."""
    return frozenset(said for said, meaning in statuses.items() if meaning in meanings)


def ended(statuses: Statuses) -> frozenset[str]:
    """What the vendor calls the statuses after which nothing more happens."""
    return frozenset(said for said, meaning in statuses.items() if meaning != "in_progress")
