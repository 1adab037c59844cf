"""What must be true of the lake whatever happened to its writers."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.schemas import SPOKEN_WORDS, TRANSCRIPTS, TURNS, WORDS, Table
from sonitemi_pipelines.lake.store import Lake

_KEY = list(TRANSCRIPTS.key)
_COUNTED = ((TURNS, "turn_count"), (WORDS, "token_count"), (SPOKEN_WORDS, "word_count"))
"""Tables, and the column of a header that says how many rows of its transcript they hold."""


def doubled_transcripts(lake: Lake) -> list[str]:
    """Transcripts with more than one header, as 'provider recording_id variant'."""
    counted = _counted(lake.read(TRANSCRIPTS, _KEY))
    return sorted(" ".join(key) for key, number in counted.items() if number > 1)


def miscounted_transcripts(lake: Lake) -> dict[str, list[str]]:
    """Table -> transcripts that have another number of rows there than their header says.

    Compares totals from the log first, so that a sound lake is not scanned.
    """
    snapshot = lake.snapshot([TRANSCRIPTS.name, *(table.name for table, _ in _COUNTED)])
    version = snapshot.get(TRANSCRIPTS.name)
    if version is None:
        return {}
    headers = lake.read(TRANSCRIPTS, [*_KEY, *(column for _, column in _COUNTED)], version=version)
    wrong = {}
    for table, column in _COUNTED:
        pinned = snapshot.get(table.name)
        there = sum(file.rows for file in lake.files(table.name, pinned)) if pinned is not None else 0
        if there != (pc.sum(headers[column]).as_py() or 0):
            wrong[table.name] = _miscounted(lake, table, pinned, headers, column)
    return wrong


def _miscounted(lake: Lake, table: Table, version: int | None, headers: pa.Table, column: str) -> list[str]:
    found = _counted(lake.read(table, _KEY, version=version)) if version is not None else {}
    said = {tuple(str(row[name]) for name in _KEY): int(row[column] or 0) for row in headers.to_pylist()}
    return sorted(" ".join(key) for key in said.keys() | found.keys() if said.get(key, 0) != found.get(key, 0))


def _counted(rows: pa.Table) -> dict[tuple[str, ...], int]:
    counted = rows.group_by(_KEY).aggregate([([], "count_all")]).to_pylist()
    return {tuple(str(row[name]) for name in _KEY): int(row["count_all"]) for row in counted}
