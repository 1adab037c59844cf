"""A table that may be large, read in parts: as many rows as memory is to hold, whatever the account has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.upgrade import columns_since


def parts(lake: Lake, table: Table, most: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """All rows of a table's newest snapshot, at most so many at a time and always in the same order; one row group of
    its files is held.

    Raises:
        LakeError: it cannot be read.
    """
    version = lake.snapshot([table.name]).get(table.name)
    if version is None:
        return
    wanted = [table.schema.field(name) for name in columns or table.schema.names]
    with lake.reading(table.name):
        data: Any = lake.at(table.name, version).to_pyarrow_dataset()
        if columns_since(table, data.schema.names):
            data = data.replace_schema(table.schema)
        for fragment in data.get_fragments():
            for group in fragment.split_by_row_group():
                rows = group.to_table(schema=data.schema, columns=[field.name for field in wanted])
                for start in range(0, rows.num_rows, most):
                    yield rows.slice(start, most).cast(pa.schema(wanted)).combine_chunks()
