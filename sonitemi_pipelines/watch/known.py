"""The lake's list of one vendor's recordings, as a look compares it with the vendor's answers."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.lists import Row, forgotten_ids


class KnownRecordings:
    """The lake's list of one vendor, read once; columns stay columns until somebody asks for a row.

    `forgotten` are the ids that were erased here: the vendor may still list them, and they are no news.
    """

    def __init__(
        self, lake: Lake, provider: str, table: Table, columns: tuple[str, ...], finished: frozenset[str]
    ) -> None:
        self._key = table.key[0]
        self._rows = lake.read(table, [self._key, *columns])
        self._finished = pa.array(sorted(finished), pa.string())
        self.forgotten = forgotten_ids(lake, provider)

    def rows(self, ids: Collection[str]) -> dict[str, Row]:
        """Id -> row of those of `ids` that the lake holds."""
        found = self._rows.filter(pc.is_in(self._rows[self._key], pa.array(list(ids), pa.string())))
        return {row[self._key]: row for row in found.to_pylist()}

    def emptied(self, several: str) -> str | None:
        """Why a list without a row cannot be the whole; None where the lake holds none either."""
        alive = self._rows["deleted_at"].null_count
        return f"the list is empty, and the lake holds {alive} {several}" if alive else None

    def open(self) -> dict[str, Row]:
        """Id -> row of the recordings that are not finished, as far as the lake knows."""
        finished = pc.is_in(self._rows["status"], self._finished)
        mask = pc.and_(pc.invert(finished), pc.is_null(self._rows["deleted_at"]))
        return {row[self._key]: row for row in self._rows.filter(mask).to_pylist()}
