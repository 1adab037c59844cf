"""Aligning what a machine heard with what an editor made of it, as a DuckDB function for `edit_operations.sql`."""

from __future__ import annotations

import duckdb
from rapidfuzz.distance import Levenshtein

_OPERATION = "STRUCT(machine_position INTEGER, latest_position INTEGER)"


def align(machine: list[str], latest: list[str]) -> list[dict[str, int | None]]:
    """Minimal edit alignment of two sequences of words (Levenshtein, every operation costing one).

    Returns:
        One item for each word of either side, in order, with its position in both; None on the side that lacks it.
        Both given: the same word or a substitution. Only machine: an insertion of the machine. Only latest: a deletion.
    """
    aligned: list[dict[str, int | None]] = []
    for operation in Levenshtein.opcodes(machine, latest):
        source = list(range(operation.src_start, operation.src_end))
        target = list(range(operation.dest_start, operation.dest_end))
        for i in range(max(len(source), len(target))):
            aligned.append(
                {
                    "machine_position": source[i] if i < len(source) else None,
                    "latest_position": target[i] if i < len(target) else None,
                }
            )
    return aligned


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `align(machine, latest)` callable in SQL on this connection."""
    connection.create_function("align", align, ["VARCHAR[]", "VARCHAR[]"], f"{_OPERATION}[]")
