"""Writing rows of recordings while another process may be erasing one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK
from sonitemi_pipelines.sync.lists import Row, forgotten_ids


def put_alive(
    lake: Lake,
    table: Table,
    provider: str,
    rows: Callable[[], Sequence[Row]] | Sequence[Row],
    *,
    recording: str = "media_id",
    keys: Callable[[pa.Table], pa.Table] | None = None,
) -> int:
    """Put the rows of recordings that are not erased here; returns how many. An erasure comes before or after, never
    between, so that what was read or asked for before it is not written after it.

    Args:
        rows: or what reads them, where they are made of what the table holds.
        recording: the column that holds the recording's id.
        keys: from the rows to the keys that they replace, as `Lake.put` takes them.
    """
    with lake.lock(WRITE_LOCK):
        erased = forgotten_ids(lake, provider)
        alive = [row for row in (rows() if callable(rows) else rows) if row.get(recording) not in erased]
        if alive:
            found = table.from_rows(alive)
            lake.put(table, found, keys(found) if keys is not None else None)
        return len(alive)
