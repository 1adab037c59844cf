"""Asking for unfinished recordings one by one: those that no list of the vendor shows any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sonitemi_pipelines.errors import NotFoundError
from sonitemi_pipelines.sync.lists import Row
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.news import Budget, Findings, News, rotated

MOST_CALLS = 6
"""Calls of a look while there is room: single look-ups take what the lists leave, and one at least."""

LOOKED_UP_FOR = dt.timedelta(days=1)
"""A recording in a status no list filters by is asked for by itself so long after its last change; a stuck one is then
left to the hourly listing, so that it does not cost a call every tick for ever."""


def most_look_ups(findings: Findings) -> int:
    """How many recordings this look may still ask for one by one."""
    return max(1, MOST_CALLS - findings.calls)


def look_up_singly(
    what: str,
    most: int,
    look_up: Callable[[str, Row], None],
    open_: dict[str, Row],
    cursor: Cursor,
    findings: Findings,
    budget: Budget,
    now: dt.datetime,
) -> None:
    """Look up at most `most` of the unseen recordings, going round from look to look.

    Args:
        what: how the vendor calls several recordings, for the reason when time runs out.
        look_up: asks the vendor for an id and compares the answer with its row; NotFoundError means it is gone.
    """
    recent = {id_ for id_ in findings.unseen if now - (open_[id_]["changed_at"] or now) < LOOKED_UP_FOR}
    for id_ in rotated(recent, cursor.last_looked_up, most):
        if budget.is_spent:
            findings.cut_short = f"out of time among single {what}"
            return
        findings.calls += 1
        findings.last_looked_up = id_
        findings.unseen.discard(id_)
        try:
            look_up(id_, open_[id_])
        except NotFoundError:
            findings.add(News(id_, "gone", "gone"))
