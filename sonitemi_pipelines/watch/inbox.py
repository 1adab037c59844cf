"""Webhook events as findings, and which of them a run has settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sonitemi_pipelines.watch.news import Findings, News
from sonitemi_pipelines.webhooks import Event

MOST_EVENTS = 2000
"""Events looked at in one go: more than make a full run, few enough for memory."""


@dataclass(frozen=True)
class FinishedRun:
    """A run that succeeded, as far as events care.

    Attributes:
        started_at: naive UTC; what it read from the vendor is of this moment or later.
        ids: the recordings of the vendor it looked at; None for all.
        translations: those it was told to take in, as 'recording id/language'.
    """

    provider: str
    started_at: dt.datetime
    ids: frozenset[str] | None
    translations: frozenset[str] = frozenset()


def settled(events: Iterable[Event], runs: Sequence[FinishedRun]) -> list[int]:
    """Ids of events whose recording a run has looked at since they came, whatever made that run happen."""
    return [event.event_id for event in events if any(_settles(run, event) for run in runs)]


def findings_of(events: Iterable[Event], provider: str) -> Findings:
    """The recordings that pending events of one vendor tell of."""
    newest: dict[str, int] = {}
    findings = Findings()
    for event in events:
        if event.provider != provider:
            continue
        if event.recording_id is None:
            findings.cut_short = f"webhook event {event.event_id} names no recording"
        else:
            newest[event.recording_id] = max(event.event_id, newest.get(event.recording_id, 0))
    for recording_id, event_id in newest.items():
        findings.add(News(recording_id, "told", f"event {event_id}"))
    findings.open = len(newest)
    return findings


def translations_in(events: Iterable[Event], provider: str, ids: Collection[str] | None) -> list[str]:
    """The translations that events about these recordings (None: any) tell of, as 'recording id/language'."""
    told = {translation_of(event): event.recording_id for event in events if event.provider == provider}
    return sorted(name for name, id_ in told.items() if name is not None and (ids is None or id_ in ids))


def translation_of(event: Event) -> str | None:
    """The translation that an event tells of, as 'recording id/language'."""
    named = event.recording_id and event.language
    return f"{event.recording_id}/{event.language}" if named else None


def _settles(run: FinishedRun, event: Event) -> bool:
    if run.provider != event.provider or run.started_at <= event.received_at:
        return False
    # Which translations there are, no list tells: only a run that was told of this one has asked for it.
    translation = translation_of(event)
    if translation is not None:
        return translation in run.translations
    return run.ids is None or event.recording_id in run.ids
