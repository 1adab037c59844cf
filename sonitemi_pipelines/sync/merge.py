"""What differs between a vendor's list and a table, in columns: an account may have a million rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.keys import last_of_each, positions
from sonitemi_pipelines.lake.schemas import Table

_BOOKKEEPING = frozenset({"first_seen_at", "changed_at", "deleted_at", "day"})
ODD = (ValueError, TypeError, ArithmeticError, RecursionError, pa.ArrowException)
"""What a value that no column can hold may end with."""
_PAGE = 1_000
"""Rows held as dicts at a time; in columns they take a tenth of the room."""
_AT_ONCE = 50_000
"""Rows compared at a time: each comparison holds them several times over."""


@dataclass(frozen=True)
class ListedRows:
    """Rows as a vendor listed them, one an id.

    Attributes:
        rows: in the table's columns.
        given: column -> whether each row gave it; a column left out keeps the value known before. All did for a column
            that is not named here.
    """

    rows: pa.Table
    given: pa.Table

    @classmethod
    def of(
        cls,
        table: Table,
        listed: Iterable[Mapping[str, Any]],
        refuse: Callable[[dict[str, Any], Exception], None] | None = None,
    ) -> ListedRows:
        """Columns of rows by column name, taken a page at a time; of an id that is listed twice the last row counts.

        Args:
            refuse: told of each row that Arrow does not take; without it one such row refuses the whole list.
        """
        names = [name for name in table.schema.names if name not in _BOOKKEEPING or name == "day"]
        schema = pa.schema([table.schema.field(name).with_nullable(True) for name in names])
        flags = pa.schema([pa.field(name, pa.bool_()) for name in names])
        pages, given = [schema.empty_table()], [flags.empty_table()]
        rows = iter(listed)
        while page := [dict(row) for row in islice(rows, _PAGE)]:
            try:
                pages.append(pa.Table.from_pylist(page, schema=schema))
            except ODD:
                if refuse is None:
                    raise
                page = [row for row in page if _is_taken(row, schema, refuse)]
                pages.append(pa.Table.from_pylist(page, schema=schema))
            given.append(pa.Table.from_pydict({n: [n in row for row in page] for n in names}, schema=flags))
        return cls(pa.concat_tables(pages), pa.concat_tables(given))._last_of_each(table.key[0])

    def and_also(self, others: ListedRows) -> ListedRows:
        """With rows of another answer, which count where both have one."""
        both = ListedRows(pa.concat_tables([self.rows, others.rows]), pa.concat_tables([self.given, others.given]))
        return both._last_of_each(self.rows.column_names[0])

    def without(self, ids: Any) -> ListedRows:
        """Without the rows of some ids, which stand in the first column."""
        kept = pc.invert(pc.is_in(self.rows.column(0), ids))
        return ListedRows(self.rows.filter(kept), self.given.filter(kept))

    def _last_of_each(self, key: str) -> ListedRows:
        together = self.rows
        for name in self.given.column_names:
            together = together.append_column(f"given {name}", self.given[name])
        together = last_of_each(together, [key]).combine_chunks()
        given = [f"given {name}" for name in self.given.column_names]
        return ListedRows(
            together.select(self.rows.column_names), together.select(given).rename_columns(self.given.column_names)
        )


def _is_taken(row: dict[str, Any], schema: pa.Schema, refuse: Callable[[dict[str, Any], Exception], None]) -> bool:
    try:
        pa.Table.from_pylist([row], schema=schema)
    except ODD as error:
        refuse(row, error)
        return False
    return True


@dataclass(frozen=True)
class Merged:
    """What a list changes in a table.

    Attributes:
        rows: to write, new ones and those in place of what is there.
        alive: rows of the table that are not deleted, afterwards.
    """

    rows: pa.Table
    added: int
    changed: int
    deleted: int
    alive: int


def merge(table: Table, known: pa.Table, fresh: ListedRows, gone: Any, now: dt.datetime) -> Merged:
    """Rows that are new, differ, came back, or are found gone.

    Args:
        known: what the table holds, in one chunk: rows are taken out of it by their place.
        gone: ids that the vendor no longer has.
    """
    key = table.key[0]
    where = positions(fresh.rows.select([key]), known.select([key]))
    added, changed = [table.schema.empty_table()], [table.schema.empty_table()]
    came_back = 0
    for start in range(0, fresh.rows.num_rows, _AT_ONCE):
        listed, given = fresh.rows.slice(start, _AT_ONCE), fresh.given.slice(start, _AT_ONCE)
        place = where.slice(start, _AT_ONCE)
        is_new = pc.is_null(place)
        added.append(_with(listed.filter(is_new), table, {"first_seen_at": now, "changed_at": now}))
        old = pc.invert(is_new)
        before = known.take(place.filter(old))
        after = _overlaid(before, listed.filter(old), given.filter(old))
        is_deleted = pc.is_valid(before["deleted_at"])
        differing = pc.or_(is_deleted, _differ(before, after))
        changed.append(_with(after.filter(differing), table, {"changed_at": now, "deleted_at": None}))
        came_back += before.num_rows - before["deleted_at"].null_count
    ended = pc.and_(pc.is_null(known["deleted_at"]), pc.is_in(known[key], gone))
    deleted = _with(known.filter(ended), table, {"changed_at": now, "deleted_at": now})
    new, other = pa.concat_tables(added), pa.concat_tables(changed)
    alive = known["deleted_at"].null_count + new.num_rows + came_back - deleted.num_rows
    rows = pa.concat_tables([new, other, deleted])
    return Merged(rows, new.num_rows, other.num_rows, deleted.num_rows, alive)


def _overlaid(before: pa.Table, listed: pa.Table, given: pa.Table) -> pa.Table:
    """The rows of before with what a list gave of them; the day of a recording never changes."""
    columns = {name: before[name] for name in before.column_names}
    for name in listed.column_names:
        if name != "day":
            columns[name] = pc.if_else(given[name], listed[name], before[name])
    return pa.Table.from_pydict(columns)


def _differ(before: pa.Table, after: pa.Table) -> Any:
    """Which rows are not the same in all columns but those that we keep ourselves."""
    differing: Any = pa.chunked_array([pa.repeat(pa.scalar(False), before.num_rows)])
    for name in before.column_names:
        if name in _BOOKKEEPING:
            continue
        one, other = before[name], after[name]
        unlike: Any
        if pa.types.is_list(one.type):
            # Arrow compares no lists; the tables that have them are small.
            unlike = pa.array([a != b for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True)], pa.bool_())
        else:
            unlike = pc.coalesce(pc.not_equal(one, other), pc.not_equal(pc.is_null(one), pc.is_null(other)))
        differing = pc.or_(differing, unlike)
    return differing


def _with(rows: pa.Table, table: Table, values: Mapping[str, Any]) -> pa.Table:
    """Rows in the table's columns; `values` for all of them, NULL for what neither has."""
    columns = []
    for field in table.schema:
        if field.name in values:
            columns.append(pa.repeat(pa.scalar(values[field.name], field.type), rows.num_rows))
        elif field.name in rows.column_names:
            columns.append(rows[field.name].cast(field.type))
        else:
            columns.append(pa.nulls(rows.num_rows, field.type))
    return pa.table(columns, schema=table.schema)
