"""From findings to at most one run: what is due, what waits for its next try, and what to tell a person."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sonitemi_pipelines.watch.cursor import Asked, Cursor
from sonitemi_pipelines.watch.news import Findings, News

MOST_IDS = 200
"""More recordings than this are cheaper to list than to ask for one by one."""
EVERYTHING = "*"

_FIRST_PAUSE = 60.0
_LONGEST_PAUSE = 3600.0
_LONGEST_TAG = 200


@dataclass(frozen=True)
class Request:
    """One run to ask for.

    Attributes:
        news: what it is for; empty when only a full run is owed.
        full: look at the whole account, instead of the recordings in `news`.
        run_key: differs whenever the run has to happen again, because Dagster runs a key once.
    """

    news: tuple[News, ...]
    full: bool
    run_key: str
    tags: dict[str, str]

    @property
    def ids(self) -> list[str]:
        return sorted(news.id for news in self.news)


def pause_after(attempt: int) -> float:
    """Seconds from one try to the next: a minute, doubling, an hour at most."""
    return float(min(_FIRST_PAUSE * 2 ** min(attempt - 1, 10), _LONGEST_PAUSE))


def decide(
    provider: str,
    trigger: str,
    findings: Findings,
    cursor: Cursor,
    *,
    now: float,
    last_full_run: float | None,
) -> Request | str:
    """The run to ask for, or why there is none; brings `cursor` up to date.

    Call only while no run that covers this vendor is queued or running: news that is still there then was not settled
    by the run before, and is asked for again after a pause that doubles.

    Args:
        now: Unix seconds.
        last_full_run: start of the last successful run over the whole account; None when there was none.
    """
    cursor.last_looked_up = findings.last_looked_up or cursor.last_looked_up
    cursor.working = sorted(findings.working)
    if cursor.full_since is not None and last_full_run is not None and last_full_run > cursor.full_since:
        cursor.full_since = None
    if findings.cut_short is not None and cursor.full_since is None:
        cursor.full_since = now
    due = [news for news in findings.news.values() if _is_due(cursor.asked.get(news.id), news.state, now)]
    full_wanted = cursor.full_since is not None or len(due) > MOST_IDS
    cursor.asked = {
        id_: asked
        for id_, asked in cursor.asked.items()
        if id_ in findings.news or id_ in findings.unseen or (id_ == EVERYTHING and full_wanted)
    }
    cursor.forget_old(now)
    full = full_wanted and _is_due(cursor.asked.get(EVERYTHING), EVERYTHING, now)
    if len(due) > MOST_IDS and not full:
        # They wait for the full run's next try: asked for one by one they would flood the vendor.
        due = []
    # Recordings too many to ask for by id are remembered as one.
    states = {news.id: news.state for news in due} if len(due) <= MOST_IDS else {}
    if full:
        states[EVERYTHING] = EVERYTHING
    if not states:
        return _why_quiet(findings, owes_full=full_wanted)
    for id_, state in states.items():
        before = cursor.asked.get(id_)
        attempt = before.attempt + 1 if before is not None and before.state == state else 1
        cursor.asked[id_] = Asked(state, attempt, now)
    cursor.requests += 1
    return Request(
        news=tuple(due),
        full=full,
        run_key=_run_key(provider, trigger, cursor, states),
        tags=_tags(provider, trigger, due, findings.cut_short if full else None, full),
    )


def _is_due(asked: Asked | None, state: str, now: float) -> bool:
    return asked is None or asked.state != state or now >= asked.at + pause_after(asked.attempt)


def _run_key(provider: str, trigger: str, cursor: Cursor, states: Mapping[str, str]) -> str:
    parts = [provider, trigger, repr(cursor.born_at), str(cursor.requests)]
    parts += [f"{id_} {state}" for id_, state in sorted(states.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _tags(provider: str, trigger: str, due: list[News], cut_short: str | None, full: bool) -> dict[str, str]:
    kinds = Counter(news.kind for news in due)
    tags = {
        "sonitemi/trigger": trigger,
        "sonitemi/provider": provider,
        "sonitemi/news": ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "a full run",
        "sonitemi/scope": "everything" if full else f"{len(due)} recordings",
    }
    if cut_short is not None:
        tags["sonitemi/cut_short"] = cut_short[:_LONGEST_TAG]
    for kind in ("failed", "blocked"):
        ids = sorted(news.id for news in due if news.kind == kind)
        if ids:
            tags[f"sonitemi/{kind}"] = _shortened(ids)
    return tags


def _shortened(ids: list[str]) -> str:
    text = ", ".join(ids)
    return text if len(text) <= _LONGEST_TAG else f"{text[:_LONGEST_TAG].rpartition(', ')[0]}, ... ({len(ids)} in all)"


def _why_quiet(findings: Findings, *, owes_full: bool) -> str:
    said = [f"{findings.open} open, nothing new"]
    if findings.news:
        said = [
            f"{findings.open} open, {len(findings.news)} asked for before and not settled, their next try is not due"
        ]
    if findings.waiting:
        said.append(f"{findings.waiting} failed transcripts wait for their next try")
    if owes_full:
        said.append("a full run is owed and its next try is not due")
    said.append(f"{findings.calls} calls")
    return "; ".join(said)
