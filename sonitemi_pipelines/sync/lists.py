"""Bringing a vendor's list into a lake table: only rows that differ are written, gone ones are marked, none removed."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.clock import milliseconds_of
from sonitemi_pipelines.lake.memory import give_back_memory
from sonitemi_pipelines.lake.parts import parts
from sonitemi_pipelines.lake.schemas import FORGOTTEN, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK
from sonitemi_pipelines.masking import mask
from sonitemi_pipelines.sync.answers import Answers
from sonitemi_pipelines.sync.merge import ListedRows, merge
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.whose import APP, Fingerprint, check_account, fingerprints

Row = dict[str, Any]
LookUp = Callable[[list[str]], Answers[str, Row]]
ReadAgain = Callable[[], ListedRows | None]
"""Reads the whole list once more; None where it was not proven whole, or a row of it could not be taken."""

MOST_LOOKED_UP = 500
"""Recordings missing from a list that are looked up one by one; of more than that the list is read again."""
_AT_ONCE = 50_000
"""Rows of a table compared at a time: each comparison holds them several times over."""
_SAMPLE = 100
"""So many of them are looked up all the same: a list that leaves out what is there does so twice."""
UNDATED = dt.date(1970, 1, 1)
"""`day` of what the vendor gives no creation time for."""


@dataclass(frozen=True)
class ListChange:
    """What a listing changed in one table.

    Attributes:
        problems: what the vendor could not answer, in words.
    """

    table: str
    rows: int
    added: int
    changed: int
    deleted: int
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.rows} rows, {self.added} new, {self.changed} changed, {self.deleted} gone"


def known_rows(lake: Lake, table: Table, ids: Collection[str] | None = None) -> dict[str, Row]:
    """Rows of a list table by id, deleted ones included: of these ids, or all of a table that is small."""
    key = table.key[0]
    wanted = None if ids is None else pc.field(key).isin(pa.array(sorted(ids), pa.string()))
    return {row[key]: row for row in lake.read(table, filters=wanted).to_pylist()}


def each_row(rows: pa.Table) -> Iterator[Row]:
    """Rows as dicts, of which a page exists at a time: an account may have a million."""
    for batch in rows.to_batches(max_chunksize=1_000):
        yield from batch.to_pylist()


def without_transcript(
    lake: Lake, provider: str, recording: str, table: Table, scope: Scope, finished: Collection[str]
) -> list[str]:
    """What to say of the recordings a scope names that have no transcript to be had: open, failed, deleted, erased."""
    if scope.ids is None:
        return []
    known = known_rows(lake, table, scope.ids)
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
    listed: Iterable[Mapping[str, Any]] | ListedRows,
    now: dt.datetime,
    *,
    complete: bool,
    provider: str | None = None,
    look_up: LookUp | None = None,
    read_again: ReadAgain | None = None,
    asked: Collection[str] = (),
    fingerprint: Fingerprint | None = None,
    other_account: bool = False,
) -> ListChange:
    """Write what differs between `listed` and the table.

    Args:
        listed: rows by column name; a column left out keeps the value known before.
        complete: `listed` is all there is, so what is missing from it is gone.
        provider: whose recordings the rows are; those that were erased here stay away.
        look_up: asked for the ids that seem gone, because the list may have moved while it was read.
        read_again: what shows of very many ids at once whether they are gone.
        asked: ids to ask for by `look_up`, whether the table has them or not.
        fingerprint: of the account that was asked.
        other_account: take the list even where it shares no recording with a table that has many.

    Raises:
        AccountError: it shares none; nothing was written.
    """
    key = table.key[0]
    fresh = listed if isinstance(listed, ListedRows) else ListedRows.of(table, listed)
    known = lake.read(table, [key, "deleted_at"])
    marks = fingerprints(lake, table, fingerprint)
    if provider is not None and not asked and not other_account and (complete or fresh.rows.num_rows):
        check_account(table, provider, known, fresh, marks)
    missing = _missing(known, fresh, key) if complete else []
    gone, problems = pa.array(missing, pa.string()), []
    certain: list[str] = []
    if look_up is not None and read_again is not None and len(missing) > MOST_LOOKED_UP:
        fresh, missing, certain = _read_again(fresh, missing, look_up, read_again, key)
        gone = pa.array(certain, pa.string())
    if look_up is not None and (missing or asked):
        answers = look_up([*missing, *asked])
        fresh = fresh.and_also(ListedRows.of(table, answers.found.values()))
        gone = pa.array(sorted({*certain, *answers.gone}), pa.string())
        strangers = gone.filter(pc.invert(pc.is_in(gone, _array(known[key])))).to_pylist()
        problems = [
            *answers.problems,
            *(f"{id_} is unknown to {provider}; check the id, case included" for id_ in strangers),
        ]
    # The vendor is not asked from here on; an erasure comes before or after, not between.
    with lake.lock(WRITE_LOCK):
        if provider is not None:
            fresh = fresh.without(pa.array(sorted(forgotten_ids(lake, provider)), pa.string()))
        ids = pa.chunked_array([part[key].chunk(0) for part in parts(lake, table, _AT_ONCE, [key])], pa.string())
        merged = merge(table, ids, parts(lake, table, _AT_ONCE), fresh, gone, now)
        del fresh
        before, mark = marks
        if merged.rows.num_rows or (mark is not None and mark != before and not asked):
            lake.put(table, merged.rows, transactions={APP: mark} if mark is not None and not asked else None)
    give_back_memory()
    return ListChange(
        table.name,
        merged.alive,
        merged.added,
        merged.changed,
        merged.deleted,
        tuple(problems),
    )


def _read_again(
    fresh: ListedRows, missing: list[str], look_up: LookUp, read_again: ReadAgain, key: str
) -> tuple[ListedRows, list[str], list[str]]:
    """The rows of both walks, the ids that are still to be looked up, and those that are certainly gone.

    An id is gone that two proven walks do not show, where the vendor knows none of a sample of such ids.
    """
    again = read_again()
    if again is None:
        return fresh, missing, []
    both = fresh.and_also(again)
    shown = pc.is_in(pa.array(missing, pa.string()), _array(both.rows[key])).to_pylist()
    absent = [id_ for id_, is_shown in zip(missing, shown, strict=True) if not is_shown]
    sample = absent[:: max(1, len(absent) // _SAMPLE)]
    answers = look_up(sample)
    if answers.found or answers.problems:
        return both, absent, []
    return both, [], absent


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


def _missing(known: pa.Table, fresh: ListedRows, key: str) -> list[str]:
    """Ids of rows that are not deleted and not listed."""
    there = pc.and_(pc.is_null(known["deleted_at"]), pc.invert(pc.is_in(known[key], _array(fresh.rows[key]))))
    return list(map(str, known[key].filter(there).to_pylist()))


def _array(values: Any) -> Any:
    return values.combine_chunks()
