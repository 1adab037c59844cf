"""What windows of SQL do, over arrays of integers whose rows are in order."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Columns = dict[str, npt.NDArray[Any]]
_Kind = TypeVar("_Kind", np.int64, np.bool_)

_BITS = 62


def order(*columns: npt.NDArray[Any]) -> Numbers:
    """The positions of the rows in order of these columns, the first before the second: ORDER BY."""
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    key, bits = np.zeros(len(columns[0]), np.int64), 0
    for column in columns:
        low, high = int(column.min()), int(column.max())
        width = (high - low).bit_length()
        bits += width
        if bits > _BITS:
            return np.lexsort(columns[::-1])
        key <<= width
        key += column
        key -= low
    # Words are nearly in order of time: this looks at each once, where `lexsort` does so for each column.
    return np.argsort(key, kind="stable")


def in_order(rows: Columns, *names: str) -> Columns:
    """The rows in order of these columns."""
    positions = order(*(rows[name] for name in names))
    if (positions[1:] > positions[:-1]).all():
        return rows
    return {name: values[positions] for name, values in rows.items()}


def starts(*columns: npt.NDArray[Any]) -> Flags:
    """Where a row differs from the one before in one of these columns, and the first: where partitions begin."""
    differs = np.ones(len(columns[0]), np.bool_)
    if len(differs):
        differs[1:] = False
        for column in columns:
            differs[1:] |= column[1:] != column[:-1]
    return differs


def count(flags: Flags) -> Numbers:
    """How many have been so far."""
    return np.cumsum(flags.astype(np.int64))


def first(values: Numbers, begins: Flags) -> Numbers:
    """The first value of each row's partition: first_value()."""
    at = np.flatnonzero(begins)
    return np.repeat(values[at], np.diff(at, append=len(values)))


def running_max(values: Numbers, begins: Flags) -> Numbers:
    """The greatest value so far in each row's partition, its own included. Values may be some 2**41 apart."""
    if not len(values):
        return values
    low = int(values.min())
    lift = count(begins) * (int(values.max()) - low + 1)
    return np.maximum.accumulate(values + lift) - lift


def before(values: npt.NDArray[_Kind], begins: Flags, none: int) -> npt.NDArray[_Kind]:
    """The value of the row before; `none` where a partition begins: lag()."""
    found = np.full(len(values), none, values.dtype)
    found[1:] = values[:-1]
    found[begins] = none
    return found


def totals(values: npt.NDArray[Any], begins: Flags) -> Numbers:
    """The sum of each partition, or how many flags of it are set."""
    return np.add.reduceat(values, np.flatnonzero(begins), dtype=np.int64) if len(values) else np.zeros(0, np.int64)
