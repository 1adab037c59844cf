"""Rows of a vendor's list on their way into a table: one that cannot be taken is named and spoils no other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.api.listing import Unreadable
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import SYNC_FAILURES, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.masking import one_line
from sonitemi_pipelines.sync.lists import ListChange, ReadAgain, Row
from sonitemi_pipelines.sync.merge import ODD, ListedRows
from sonitemi_pipelines.sync.net import in_words

T = TypeVar("T")

OF_A_LIST = "row of "
"""How the variant of a failure begins that is about a row of a list, not about a transcript."""
_SHOWN = 5


@dataclasses.dataclass
class Taken:
    """The rows of one list that a table can hold, and those it cannot.

    Attributes:
        proven: whether its end was proven.
        why: why it was not.
    """

    rows: ListedRows
    unreadable: list[Unreadable]
    proven: bool
    why: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the list was proven whole and every row of it could be taken."""
        return self.proven and not self.unreadable


def take(table: Table, listing: Iterable[T], make_row: Callable[[T], Row]) -> Taken:
    """Make the rows of a table out of what a client lists.

    Raises:
        ApiError: the list cannot be read.
    """
    unreadable: list[Unreadable] = []

    def readable() -> Iterator[Row]:
        for record in listing:
            try:
                row = make_row(record)
            except ODD as error:
                name = one_line(ascii(getattr(record, "id", "a row"))[1:-1], 120)
                unreadable.append(Unreadable(name, in_words(error, f"row {name} of {table.name}")))
            else:
                yield row

    def refuse(row: Row, error: Exception) -> None:
        name = one_line(str(row[table.key[0]]), 120)
        unreadable.append(Unreadable(name, in_words(error, f"row {name} of {table.name}")))

    rows = ListedRows.of(table, readable(), refuse)
    unreadable += getattr(listing, "unreadable", ())
    complete = bool(getattr(listing, "complete", True))
    return Taken(rows, unreadable, complete, None if complete else getattr(listing, "why", None))


def reader(table: Table, read: Callable[[], Iterable[T]], make_row: Callable[[T], Row]) -> ReadAgain:
    """What reads a list again for `merge_list`: its rows where it is whole, None where it is not."""

    def read_again() -> ListedRows | None:
        taken = take(table, read(), make_row)
        return taken.rows if taken.whole else None

    return read_again


def told(lake: Lake, change: ListChange, provider: str, table: Table, taken: Taken) -> ListChange:
    """The change, with what is to be said of the list; rows that could not be taken go into `sync_failures`."""
    settle_rows(lake, provider, table, taken.unreadable)
    problems = list(change.problems)
    if not taken.proven:
        problems.append(
            f"the list behind {table.name} is incomplete: {taken.why}; nothing was marked as gone, run again"
        )
    if taken.unreadable:
        names = ", ".join(f"{row.name} ({row.why})" for row in taken.unreadable[:_SHOWN])
        more = f" and {len(taken.unreadable) - _SHOWN} more" if len(taken.unreadable) > _SHOWN else ""
        problems.append(
            f"{len(taken.unreadable)} rows of the list behind {table.name} cannot be taken: {names}{more}; "
            "see sync_failures, tell the vendor"
        )
    return dataclasses.replace(change, problems=tuple(problems))


def settle_rows(lake: Lake, provider: str, table: Table, unreadable: Sequence[Unreadable]) -> None:
    """Bring `sync_failures` to the rows of one list that cannot be taken now."""
    variant = f"{OF_A_LIST}{table.name}"
    mine = (pc.field("provider") == provider) & (pc.field("variant") == variant)
    before = {row["recording_id"]: row for row in lake.read(SYNC_FAILURES, filters=mine).to_pylist()}
    if not before and not unreadable:
        return
    now = utc_now()
    rows = [
        {
            "provider": provider,
            "recording_id": name,
            "variant": variant,
            "reason": why,
            "first_failed_at": before[name]["first_failed_at"] if name in before else now,
            "last_failed_at": now,
            "attempts": before[name]["attempts"] + 1 if name in before else 1,
        }
        for name, why in {row.name: row.why for row in unreadable}.items()
    ]
    keys = pa.table({"provider": [provider], "variant": [variant]})
    lake.put(SYNC_FAILURES, SYNC_FAILURES.from_rows(rows), keys)
