"""SQL text for Delta predicates. Ids come from outside: every value is quoted here and nowhere else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pyarrow as pa


def literal(value: str | dt.date) -> str:
    """A quoted SQL literal."""
    text = value if isinstance(value, str) else value.isoformat()
    return "'" + text.replace("'", "''") + "'"


def is_in(column: str, values: Iterable[str | dt.date]) -> str:
    """`column IN (...)`; false when there are no values."""
    quoted = sorted({literal(value) for value in values})
    return f"{column} IN ({', '.join(quoted)})" if quoted else "false"


def these_transcripts(keys: pa.Table) -> str:
    """Rows of the transcripts in `keys` (columns provider, day, recording_id, variant), pruned to their partitions."""
    groups: dict[tuple[str, str], tuple[set[dt.date], set[str]]] = {}
    for row in keys.to_pylist():
        days, ids = groups.setdefault((row["provider"], row["variant"]), (set(), set()))
        days.add(row["day"])
        ids.add(row["recording_id"])
    return (
        " OR ".join(
            f"(provider = {literal(provider)} AND variant = {literal(variant)}"
            f" AND {is_in('day', days)} AND {is_in('recording_id', ids)})"
            for (provider, variant), (days, ids) in groups.items()
        )
        or "false"
    )
