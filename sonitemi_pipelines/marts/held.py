"""Rows of a mart that wait for a commit, which costs as much for a few of them as for many."""

from __future__ import annotations

import pyarrow as pa

from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.changes import Changes
from sonitemi_pipelines.marts.model import TRANSCRIPT_KEY

IN_PARTS = -1
"""In place of a version of the headers: more parts are to come."""
_ENOUGH = 2**20
"""Bytes of rows in memory; of some thirty marts each may hold as much."""


class Held:
    """What was computed of one mart, part by part, until there is enough of it for a file."""

    def __init__(self, lake: Lake, table: Table, app: str) -> None:
        """`app`: name of the app transaction that says which version of the headers the mart reflects."""
        self._lake, self._table, self._app = lake, table, app
        self._rows: list[pa.Table] = []
        self._parts: list[Changes] = []
        self._is_begun = False

    def put(self, rows: pa.Table, part: Changes, reflected: int) -> int | None:
        """Take the rows of a part, and commit what is held once it is enough, or the last; the version made, if any.

        Args:
            reflected: the version of the headers that the mart has after it; IN_PARTS when more is to come.
        """
        self._rows.append(rows)
        self._parts.append(part)
        if reflected == IN_PARTS and sum(each.nbytes for each in self._rows) < _ENOUGH:
            return None
        found, transactions = pa.concat_tables(self._rows), {self._app: reflected}
        if part.rebuild:
            write = self._lake.append if self._is_begun else self._lake.overwrite
            version = write(self._table, found, transactions=transactions)
        else:
            keys = [*TRANSCRIPT_KEY, "day"]
            touched = [each.select(keys) for part in self._parts for each in (part.present, part.gone)]
            version = self._lake.put(self._table, found, pa.concat_tables(touched), transactions=transactions)
        self._rows, self._parts, self._is_begun = [], [], True
        return version
