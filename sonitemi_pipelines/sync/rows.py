"""Rows of a vendor's list on their way into a table: one that cannot be taken is named and spoils no other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.api.listing import Records, Unreadable
from sonitemi_pipelines.api.sent import Row as SentRow
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import SYNC_FAILURES, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.masking import one_line
from sonitemi_pipelines.sync.lists import ListChange, ReadAgain, Row
from sonitemi_pipelines.sync.memo import DIGEST, FEW, Beside, DamagedMemoError, Memo
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
    sent = (SentRow(getattr(record, "id", "a row"), record) for record in listing)
    rows = _made(table, sent, make_row, unreadable)
    unreadable += getattr(listing, "unreadable", ())
    complete = bool(getattr(listing, "complete", True))
    return Taken(rows, unreadable, complete, None if complete else getattr(listing, "why", None))


def take_known(
    table: Table,
    read: Callable[[], Records[T]],
    make_row: Callable[[T], Row],
    memo: Memo,
    beside: Beside,
    erased: Callable[[], Collection[str]] | None = None,
) -> Taken:
    """The same, where a row that comes as it came before is not made again.

    Args:
        read: begins the list.
        beside: what else a row is made of than of what was sent.
        erased: asked for the ids of which the memo may keep nothing; None where it is not to be written.

    Raises:
        ApiError: the list cannot be read.
    """
    unreadable: list[Unreadable] = []
    known: list[bytes] = []
    listing = read()

    def sent() -> Iterator[SentRow[T]]:
        for row in listing.rows(memo.known(beside)):
            if row.record is not None:
                yield row
            elif row.digest is not None:
                known.append(row.digest)

    made = _made(table, sent(), make_row, unreadable, also=DIGEST)
    try:
        rows = made.and_also(memo.rows_of(known))
    except DamagedMemoError:
        return take(table, read(), make_row)
    if erased is not None and listing.complete and made.rows.num_rows > FEW:
        memo.write(rows, beside, erased)
    rows = ListedRows(rows.rows.drop_columns([DIGEST.name]), rows.given)
    why = None if listing.complete else listing.why
    return Taken(rows, unreadable + listing.unreadable, listing.complete, why)


def _made(
    table: Table,
    sent: Iterable[SentRow[T]],
    make_row: Callable[[T], Row],
    unreadable: list[Unreadable],
    also: pa.Field[Any] | None = None,
) -> ListedRows:
    """Rows out of records that were sent; those that cannot be made are noted in `unreadable`."""

    def refuse(row: Row, error: Exception) -> None:
        name = one_line(str(row[table.key[0]]), 120)
        unreadable.append(Unreadable(name, in_words(error, f"row {name} of {table.name}")))

    def readable() -> Iterator[Row]:
        for each in sent:
            assert each.record is not None
            try:
                row = make_row(each.record)
            except ODD as error:
                name = one_line(ascii(each.id)[1:-1], 120)
                unreadable.append(Unreadable(name, in_words(error, f"row {name} of {table.name}")))
            else:
                row[DIGEST.name] = each.digest
                yield row

    return ListedRows.of(table, readable(), refuse, also=also)


def again(taken: Callable[[], Taken]) -> ReadAgain:
    """What reads a list again for `merge_list`: its rows where it is whole, None where it is not."""

    def read_again() -> ListedRows | None:
        found = taken()
        return found.rows if found.whole else None

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
