"""What differs between a vendor's list and a table, in columns: an account may have a million rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.keys import last_of_each, positions
from sonitemi_pipelines.lake.schemas import Table

_BOOKKEEPING = frozenset({"first_seen_at", "changed_at", "deleted_at", "day"})
ODD = (ValueError, TypeError, ArithmeticError, RecursionError, pa.ArrowException)
"""What a value that no column can hold may end with."""
_PAGE = 1_000
"""Rows held as dicts at a time; in columns they take a tenth of the room."""


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
        *,
        also: pa.Field[Any] | None = None,
    ) -> ListedRows:
        """Columns of rows by column name, taken a page at a time; of an id that is listed twice the last row counts.

        Args:
            refuse: told of each row that Arrow does not take; without it one such row refuses the whole list.
            also: a column beside the table's, the last of `rows`.
        """
        schema, flags = schemas_of(table)
        schema = schema if also is None else schema.append(also)
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
            given.append(pa.Table.from_pydict({n: [n in row for row in page] for n in flags.names}, schema=flags))
        both = [pa.concat_tables(pages), pa.concat_tables(given)]
        del pages, given
        return cls._last_of_each(both, table.key[0])

    def and_also(self, others: ListedRows) -> ListedRows:
        """With rows of another answer, which count where both have one."""
        both = [pa.concat_tables([self.rows, others.rows]), pa.concat_tables([self.given, others.given])]
        return self._last_of_each(both, self.rows.column_names[0])

    def without(self, ids: Any) -> ListedRows:
        """Without the rows of some ids, which stand in the first column."""
        kept = pc.invert(pc.is_in(self.rows.column(0), ids))
        return ListedRows(self.rows.filter(kept), self.given.filter(kept))

    @classmethod
    def _last_of_each(cls, both: list[pa.Table], key: str) -> ListedRows:
        """Rows and what they gave, one an id, in one chunk each: rows are taken out of them by their place. Takes them
        out of `both`, for nobody else is to hold them meanwhile.
        """
        if pc.count_distinct(both[0][key], mode="all").as_py() != both[0].num_rows:
            rows, given = both
            together = rows
            for name in given.column_names:
                together = together.append_column(f"given {name}", given[name])
            together = last_of_each(together, [key])
            flags = [f"given {name}" for name in given.column_names]
            both = [together.select(rows.column_names), together.select(flags).rename_columns(given.column_names)]
            del rows, given, together
        given = _in_one(both.pop())
        return cls(_in_one(both.pop()), given)


def schemas_of(table: Table) -> tuple[pa.Schema, pa.Schema]:
    """Of `rows` and of `given` of rows for a table."""
    names = [name for name in table.schema.names if name not in _BOOKKEEPING or name == "day"]
    rows = pa.schema([table.schema.field(name).with_nullable(True) for name in names])
    return rows, pa.schema([pa.field(name, pa.bool_()) for name in names])


def _in_one(rows: pa.Table) -> pa.Table:
    """The same in one chunk, a column at a time: both of all columns would be twice the memory."""
    columns: list[Any] = rows.columns
    schema = rows.schema
    del rows
    for place in range(len(columns)):
        columns[place] = columns[place].combine_chunks()
    return pa.Table.from_arrays(columns, schema=schema)


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


def merge(table: Table, ids: Any, known: Iterable[pa.Table], fresh: ListedRows, gone: Any, now: dt.datetime) -> Merged:
    """Rows that are new, differ, came back, or are found gone.

    Args:
        ids: of all rows that the table holds.
        known: these rows in the same order, part by part.
        gone: ids that the vendor no longer has.
    """
    key = table.key[0]
    places = positions(pa.table({key: ids}), fresh.rows.select([key]))
    seen = np.zeros(fresh.rows.num_rows, bool)
    changed, deleted = [table.schema.empty_table()], [table.schema.empty_table()]
    alive, start = 0, 0
    for part in known:
        place = places.slice(start, part.num_rows)
        start += part.num_rows
        listed = pc.is_valid(place)
        place = place.filter(listed)
        seen[place.to_numpy()] = True
        before = part.filter(listed)
        after = _overlaid(before, fresh.rows.take(place), fresh.given.take(place))
        differing = pc.or_(pc.is_valid(before["deleted_at"]), _differ(before, after))
        changed.append(_with(after.filter(differing), table, {"changed_at": now, "deleted_at": None}))
        ended = pc.and_(pc.is_null(part["deleted_at"]), pc.is_in(part[key], gone))
        deleted.append(_with(part.filter(ended), table, {"changed_at": now, "deleted_at": now}))
        came_back = before.num_rows - before["deleted_at"].null_count
        alive += part["deleted_at"].null_count + came_back - deleted[-1].num_rows
    # Arrow loads the whole of numpy.ma at the first array of numpy's that it is given: not for a list of known rows.
    new = fresh.rows.slice(0, 0) if seen.all() else fresh.rows.filter(pa.array(~seen))
    new = _with(new, table, {"first_seen_at": now, "changed_at": now})
    other, left = pa.concat_tables(changed), pa.concat_tables(deleted)
    rows = pa.concat_tables([new, other, left])
    return Merged(rows, new.num_rows, other.num_rows, left.num_rows, alive + new.num_rows)


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
