"""Bringing a vendor's list into a lake table: only rows that differ are written, gone ones are marked, none removed."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from sonitemi_pipelines.clock import milliseconds_of
from sonitemi_pipelines.lake.predicates import is_in
from sonitemi_pipelines.lake.schemas import FORGOTTEN, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK
from sonitemi_pipelines.masking import mask
from sonitemi_pipelines.sync.answers import Answers
from sonitemi_pipelines.sync.scope import Scope

Row = dict[str, Any]
LookUp = Callable[[list[str]], Answers[str, Row]]

_BOOKKEEPING = frozenset({"first_seen_at", "changed_at", "deleted_at", "day"})
UNDATED = dt.date(1970, 1, 1)
"""`day` of what the vendor gives no creation time for."""


@dataclass(frozen=True)
class ListChange:
    """What a listing changed in one table.

    Attributes:
        ids: of the rows added, changed or found gone.
        problems: what the vendor could not answer, in words.
    """

    table: str
    rows: int
    added: int
    changed: int
    deleted: int
    ids: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.rows} rows, {self.added} new, {self.changed} changed, {self.deleted} gone"


def known_rows(lake: Lake, table: Table) -> dict[str, Row]:
    """All rows of a list table by id, deleted ones included."""
    key = table.key[0]
    return {row[key]: row for row in lake.read(table).to_pylist()}


def without_transcript(
    lake: Lake, provider: str, recording: str, table: Table, scope: Scope, finished: Collection[str]
) -> list[str]:
    """What to say of the recordings a scope names that have no transcript to be had: open, failed, deleted, erased."""
    if scope.ids is None:
        return []
    known = known_rows(lake, table)
    erased = forgotten_ids(lake, provider)
    said = [f"{provider} {id_} was erased here" for id_ in sorted(scope.ids & erased)]
    for id_ in sorted(scope.ids & known.keys()):
        row = known[id_]
        state = "deleted at the vendor" if row["deleted_at"] is not None else row["status"]
        if row["deleted_at"] is not None or row["status"] not in finished:
            said.append(f"{provider} {recording} {id_} has no transcript: it is {state}")
    return said


def forgotten_ids(lake: Lake, provider: str) -> frozenset[str]:
    """Recordings of a vendor that were erased here and are not to come back."""
    rows = lake.read(FORGOTTEN, ["recording_id"], filters=pc.field("provider") == provider)
    return frozenset(row["recording_id"] for row in rows.to_pylist())


def merge_list(
    lake: Lake,
    table: Table,
    listed: Iterable[Mapping[str, Any]],
    now: dt.datetime,
    *,
    complete: bool,
    provider: str | None = None,
    look_up: LookUp | None = None,
    asked: Collection[str] = (),
) -> ListChange:
    """Write what differs between `listed` and the table.

    Args:
        listed: rows by column name; a column left out keeps the value known before.
        complete: `listed` is all there is, so what is missing from it is gone.
        provider: whose recordings the rows are; those that were erased here stay away.
        look_up: asked for the ids that seem gone, because the list may have moved while it was read.
        asked: ids to ask for by `look_up`, whether the table has them or not.
    """
    key = table.key[0]
    fresh: dict[Any, Mapping[str, Any]] = {row[key]: row for row in listed}
    known = known_rows(lake, table)
    missing = [id_ for id_, row in known.items() if complete and id_ not in fresh and row["deleted_at"] is None]
    gone, problems = set(missing), []
    if look_up is not None and (missing or asked):
        answers = look_up([*missing, *asked])
        fresh |= answers.found
        gone = set(answers.gone)
        problems = [
            *answers.problems,
            *(f"{id_} is unknown to {provider}; check the id, case included" for id_ in sorted(gone - known.keys())),
        ]
    # The vendor is not asked from here on; an erasure comes before or after, not between.
    with lake.lock(WRITE_LOCK):
        known = known_rows(lake, table)
        erased = forgotten_ids(lake, provider) if provider is not None else frozenset()
        added: list[Row] = []
        changed: list[Row] = []
        for id_, row in fresh.items():
            before = known.get(id_)
            if id_ in erased:
                continue
            if before is None:
                added.append({**row, "first_seen_at": now, "changed_at": now})
            elif before["deleted_at"] is not None or _differs(before, row):
                changed.append({**before, **row, **_unchanging(before), "changed_at": now, "deleted_at": None})
        deleted = [
            {**row, "deleted_at": now, "changed_at": now}
            for id_, row in known.items()
            if id_ in gone and row["deleted_at"] is None
        ]
        rows = [*added, *changed, *deleted]
        ids = tuple(row[key] for row in rows)
        if rows:
            lake.replace(table, table.from_rows(rows), is_in(key, ids))
    alive = sum(row["deleted_at"] is None for row in known.values()) + len(added) - len(deleted)
    alive += sum(known[row[key]]["deleted_at"] is not None for row in changed)
    return ListChange(table.name, alive, len(added), len(changed), len(deleted), ids, tuple(problems))


def milliseconds(seconds: float | None) -> int | None:
    """Seconds as whole milliseconds, halves up; None for what no media lasts (24 days and more, or less than 0)."""
    if seconds is None or not 0 <= seconds < 2**31 / 1000 - 1:
        return None
    return milliseconds_of(seconds)


def json_or_none(value: Mapping[str, Any] | None) -> str | None:
    """JSON text of an object, the same text for the same members, without secrets; None when there are none."""
    if not value:
        return None
    try:
        try:
            text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str, allow_nan=False)
        except ValueError:
            text = json.dumps(_finite(value), ensure_ascii=False, sort_keys=True, default=str)
    except (RecursionError, TypeError):
        return json.dumps({"unreadable": "nested too deep to be kept"})
    return mask(text)


def masked(url: str | None) -> str | None:
    """A URL of the vendor without what it may hold of passwords, signatures and secrets."""
    return None if url is None else mask(url)


def _finite(value: Any) -> Any:
    """The same with text for numbers that JSON does not know."""
    if isinstance(value, Mapping):
        return {name: _finite(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_finite(member) for member in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def day_of(created_at: dt.datetime | None) -> dt.date:
    """The partition of what was created then."""
    return UNDATED if created_at is None else created_at.date()


def _unchanging(row: Row) -> Row:
    return {name: row[name] for name in ("first_seen_at", "day") if name in row}


def _differs(before: Row, row: Mapping[str, Any]) -> bool:
    return any(before[name] != value for name, value in row.items() if name not in _BOOKKEEPING)
