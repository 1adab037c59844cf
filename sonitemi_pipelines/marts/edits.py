"""Aligning what a machine heard with what an editor made of it, as a DuckDB function for `edit_operations.sql`."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from rapidfuzz.distance import Levenshtein

_OPERATION = "STRUCT(machine_position INTEGER, latest_position INTEGER)"
_ARROW = pa.struct([pa.field("machine_position", pa.int32()), pa.field("latest_position", pa.int32())])
_NOWHERE = -1


def align(machine: list[str], latest: list[str]) -> tuple[list[int], list[int]]:
    """Minimal edit alignment of two sequences of words (Levenshtein, every operation costing one).

    Returns:
        One position in each for every word of either side, in order; -1 on the side that lacks it.
        Both given: the same word or a substitution. Only machine: an insertion of the machine. Only latest: a deletion.
    """
    left: list[int] = []
    right: list[int] = []
    for operation in Levenshtein.opcodes(machine, latest):
        source = range(operation.src_start, operation.src_end)
        target = range(operation.dest_start, operation.dest_end)
        longer = max(len(source), len(target))
        left += [*source, *[_NOWHERE] * (longer - len(source))]
        right += [*target, *[_NOWHERE] * (longer - len(target))]
    return left, right


def _align_rows(machine: pa.Array, latest: pa.Array) -> pa.Array:  # type: ignore[type-arg]
    # DuckDB evaluates these annotations, and at run time the classes take no arguments.
    rows = []
    for one, other in zip(machine, latest, strict=True):
        left, right = align(one.as_py() or [], other.as_py() or [])
        rows.append(pa.StructArray.from_arrays([_positions(left), _positions(right)], fields=list(_ARROW)))
    offsets = pa.array(np.cumsum([0, *map(len, rows)]), pa.int32())
    values = pa.concat_arrays(rows) if rows else pa.array([], _ARROW)
    return pa.ListArray.from_arrays(offsets, values)


def _positions(found: list[int]) -> pa.Array[Any]:
    positions = np.array(found, np.int32)
    return pa.array(positions, mask=positions == _NOWHERE)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `align(machine, latest)` callable in SQL on this connection."""
    # In words: the enumerations live in another module in each DuckDB.
    connection.create_function(  # type: ignore[call-overload]
        "align",
        _align_rows,
        ["VARCHAR[]", "VARCHAR[]"],
        f"{_OPERATION}[]",
        type="arrow",
        null_handling="special",
    )
