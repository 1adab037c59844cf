"""Finding rows by key: never by a text or a predicate that grows with the number of ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def has_key(rows: pa.Table, keys: pa.Table) -> Any:
    """Which `rows` have a key that stands in `keys`, all of whose columns `rows` has; NULL is the same as NULL."""
    return pc.is_valid(positions(rows, keys))


def without(rows: pa.Table, keys: pa.Table) -> pa.Table:
    """The rows whose key is not in `keys`."""
    return rows.filter(pc.invert(has_key(rows, keys)))


def positions(rows: pa.Table, keys: pa.Table) -> Any:
    """For each of `rows` where its key stands first in `keys`; NULL where it does not.

    Each column's values become numbers and a key's numbers one number, so that any number of keys costs two look-ups a
    row.
    """
    if keys.num_columns == 1:
        name = keys.column_names[0]
        return _places(rows[name], _array(keys[name]))
    there: Any = pa.scalar(0, pa.int64())
    given: Any = there
    for name in keys.column_names:
        values = _array(pc.unique(keys[name]))
        size = pa.scalar(len(values) + 1, pa.int64())
        there = pc.add(pc.multiply(there, size), _places(rows[name], values).cast(pa.int64()))
        given = pc.add(pc.multiply(given, size), _array(pc.index_in(keys[name], values)).cast(pa.int64()))
    # A key with a part that stands nowhere in `keys` has no number, and NULL is no number that `keys` has.
    return _array(pc.index_in(there, _array(given)))


def _places(column: Any, values: Any) -> Any:
    """Where each of a column's values stands in `values`; what is in a dictionary is looked up once."""
    column = _array(column)
    if not pa.types.is_dictionary(column.type):
        return _array(pc.index_in(column, values))
    found = pc.index_in(column.dictionary, values).take(column.indices)
    if column.null_count:
        found = pc.if_else(pc.is_null(column), pc.index_in(pa.nulls(1, values.type), values)[0], found)
    return _array(found)


def last_of_each(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    """One row a key, the last of those that have it."""
    numbered = rows.select(list(names)).append_column("_row", pa.array(range(rows.num_rows), pa.int64()))
    kept = numbered.group_by(list(names)).aggregate([("_row", "max")])["_row_max"]
    return rows if len(kept) == rows.num_rows else rows.take(_array(kept).sort())


def _array(values: Any) -> Any:
    """One chunk, which look-ups want."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
