"""One look: the vendor against the lake, and the lake against itself."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from sonitemi_pipelines.errors import HOPELESS, ApiError, AuthenticationError, NotFoundError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.lists import Row
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.known import KnownRecordings
from sonitemi_pipelines.watch.lake_view import missing_transcripts, versions
from sonitemi_pipelines.watch.looker import Looker
from sonitemi_pipelines.watch.news import Budget, Findings, News, rotated

log = logging.getLogger(__name__)

SECONDS = 20.0
"""Budget of a look. With one call over time it stays well under the 60 s that Dagster gives a tick."""

MOST_CALLS = 6
"""Calls of a look while there is room: single look-ups take what the lists leave, and one at least."""

LOOKED_UP_FOR = dt.timedelta(days=1)
"""A recording in a status no list filters by is asked for by itself so long after its last change; a stuck one is then
left to the hourly listing, so that it does not cost a call every tick for ever."""

IMPATIENT: dict[str, Any] = {"connect_timeout": 4.0, "read_timeout": 8.0, "attempts": 2, "longest_pause": 5.0}
"""Options of a client that gives up soon, since the next look comes anyway."""


def look(lake: Lake, looker: Looker, cursor: Cursor, now: dt.datetime, budget: Budget | None = None) -> Findings:
    """Everything the lake is behind on with this vendor.

    Calls grow with news and open work, not with the account: 6 at most with 100 open and up to 200 new.

    Args:
        now: naive UTC.

    Raises:
        ApiError: the head of the list could not be read, so that nothing is known.
    """
    budget = budget or Budget(SECONDS)
    findings = _look_at_vendor(lake, looker, cursor, now, budget)
    # Reading every transcript's header is worth while only after somebody wrote to the lake.
    at = versions(lake, looker)
    if at != cursor.settled:
        missing, findings.waiting = missing_transcripts(lake, looker, now)
        for news in missing:
            findings.add(news)
        cursor.settled = "" if missing or findings.waiting else at
    return findings


def _look_at_vendor(lake: Lake, looker: Looker, cursor: Cursor, now: dt.datetime, budget: Budget) -> Findings:
    known = KnownRecordings(lake, looker.provider, looker.table, looker.columns, looker.finished)
    open_ = known.open()
    findings = Findings(open=len(open_), unseen=set(open_))
    looker.read_head(known, findings, budget)
    try:
        if findings.cut_short is None and findings.unseen:
            looker.read_unfinished(open_, cursor, findings, budget)
        if findings.cut_short is None:
            _look_up_singly(looker, open_, cursor, findings, budget, now)
    except AuthenticationError:
        raise
    except ApiError as error:
        findings.cut_short = str(error)
    return findings


def _look_up_singly(
    looker: Looker, open_: dict[str, Row], cursor: Cursor, findings: Findings, budget: Budget, now: dt.datetime
) -> None:
    """Ask for some of the unseen recordings one by one, going round from look to look."""
    recent = {id_ for id_ in findings.unseen if now - (open_[id_]["changed_at"] or now) < LOOKED_UP_FOR}
    for id_ in rotated(recent, cursor.last_looked_up, max(1, MOST_CALLS - findings.calls)):
        if budget.is_spent:
            findings.cut_short = f"out of time among single {looker.several}"
            return
        findings.calls += 1
        findings.last_looked_up = id_
        findings.unseen.discard(id_)
        try:
            looker.look_up(id_, open_[id_], findings)
        except NotFoundError:
            findings.add(News(id_, "gone", "gone"))
        except HOPELESS:
            raise
        except ApiError as error:
            # One recording that the vendor chokes on is left to the hourly listing, and keeps nobody waiting.
            log.warning("%s", error)
            findings.unseen.add(id_)
