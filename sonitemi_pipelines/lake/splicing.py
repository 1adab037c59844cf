"""A Parquet file out of another one's row groups, as they are, and new ones between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from sonitemi_pipelines.lake.footer import MAGIC, TAIL, Footer, ImmovableError, RowGroup, length_of, take_apart
from sonitemi_pipelines.lake.parquet import LOGGED, DataFile, bounds_of, data_file, new_file, options, widen
from sonitemi_pipelines.lake.schemas import Table

__all__ = ["ImmovableError", "splice"]


def splice(
    table: Table,
    old: Any,
    groups: Sequence[Any],
    parts: Sequence[int | pa.Table],
    filesystem: pafs.FileSystem,
    root: str,
) -> DataFile:
    """Write one file of rows that are in order.

    Args:
        old: the file that row groups are taken from, open, as Arrow opens one.
        groups: of each of them, as a dataset's fragment says it: `num_rows` and `statistics`.
        parts: numbers of row groups of `old`, and rows, in the table's schema, each of which becomes one row group.

    Raises:
        ImmovableError: row groups of `old` cannot stand beside new ones; nothing was written.
    """
    footer = _footer(old)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, **options(table)) as writer:
        for part in parts:
            if not isinstance(part, int):
                writer.write_table(part, row_group_size=part.num_rows)
    new: Any = pa.BufferReader(sink.getvalue())
    came = _footer(new)
    if came.schema != footer.schema:
        raise ImmovableError("its columns are written in another way")
    rows, stats, made = 0, dict[str, Any](), iter(came.groups)
    chosen: list[tuple[Any, RowGroup]] = []
    for part in parts:
        if isinstance(part, int):
            rows += groups[part].num_rows
            widen(stats, _bounds(table, groups[part].statistics or {}))
            chosen.append((old, footer.groups[part]))
        else:
            rows += part.num_rows
            widen(stats, bounds_of(part))
            chosen.append((new, next(made)))
    with new_file(filesystem, root) as (path, out):
        out.write(MAGIC)
        said: list[bytes] = []
        for number, (source, group) in enumerate(chosen):
            said.append(group.moved(out.tell(), number))
            out.write(source.read_at(group.size, group.start))
        out.write(footer.of(rows, said))
        size = out.tell()
    return data_file(path, rows, size, stats)


def _footer(file: Any) -> Footer:
    end = file.size() - TAIL
    length = length_of(file.read_at(TAIL, end))
    return take_apart(file.read_at(length, end - length))


def _bounds(table: Table, statistics: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[Any, Any]]:
    """What `bounds_of` its rows would say of a row group."""
    names = [name for name in LOGGED if name in table.schema.names]
    if not all(name in statistics for name in names):
        raise ImmovableError("it does not say which recordings it holds")
    return {name: (statistics[name]["min"], statistics[name]["max"]) for name in names}
