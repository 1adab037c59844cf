"""Data files of the lake: in which order, how encoded, and what a table's log is told of them."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from sonitemi_pipelines.lake.schemas import Table

LOGGED = ("recording_id", "day")
"""Columns that a table's log keeps the least and greatest value of: it is kept for long, so no content of a recording
may stand there that an erasure would have to find."""

BIGGEST_WRITE = 256 * 2**20
"""Bytes of rows in memory that go into one file at most."""


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table version.

    Attributes:
        path: within the table's folder, as it is on the disk.
        uri: absolute path or URL.
        stats: as the log has them: least and greatest values of the columns in LOGGED, by 'min.NAME' and 'max.NAME'.
        partition: values of partition columns, in tables that another tool or an earlier release laid out.
        modified_ms: when it was written, in milliseconds since 1970.
    """

    path: str
    uri: str
    rows: int
    size: int
    stats: Mapping[str, Any] = field(default_factory=dict)
    partition: Mapping[str, Any] = field(default_factory=dict)
    modified_ms: int = 0

    def may_hold(self, bounds: Mapping[str, tuple[Any, Any]]) -> bool:
        """Whether rows with every column between its bounds may be in here, as far as the log knows."""
        for name, (low, high) in bounds.items():
            least, greatest = self.stats.get(f"min.{name}"), self.stats.get(f"max.{name}")
            if least is not None and greatest is not None and (greatest < low or least > high):
                return False
        return True

    @property
    def logged_stats(self) -> str:
        """The statistics as a Delta log has them, in JSON."""
        known: dict[str, Any] = {"numRecords": self.rows, "minValues": {}, "maxValues": {}}
        for key, value in self.stats.items():
            end, _, name = key.partition(".")
            if value is not None and end in ("min", "max"):
                known[f"{end}Values"][name] = value.isoformat() if isinstance(value, dt.date) else value
        return json.dumps(known, ensure_ascii=False)


def bounds_of(rows: pa.Table) -> dict[str, tuple[Any, Any]]:
    """Least and greatest value of the LOGGED columns of `rows`, where it has them; nothing for no rows."""
    bounds = {}
    for name in LOGGED:
        if name in rows.column_names and rows.num_rows:
            ends: Any = pc.min_max(rows[name]).as_py()
            if ends["min"] is not None:
                bounds[name] = (ends["min"], ends["max"])
    return bounds


def sort(table: Table, rows: pa.Table) -> pa.Table:
    """Rows in the table's order, in one chunk: a file of many chunks loses the order of its row groups."""
    if table.sort_by and rows.num_rows > 1:
        rows = rows.take(pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in table.sort_by]))
    return rows.combine_chunks()


def cut(table: Table, rows: pa.Table, most: int = BIGGEST_WRITE) -> Iterator[pa.Table]:
    """Parts of about `most` bytes at most."""
    size = rows.get_total_buffer_size() if rows.num_rows else 0
    number = -(-size // most)
    if number <= 1:
        if rows.num_rows:
            yield rows
        return
    step = -(-rows.num_rows // number)
    for start in range(0, rows.num_rows, step):
        yield rows.slice(start, step)


def write_files(table: Table, rows: pa.Table, filesystem: pafs.FileSystem, root: str) -> list[DataFile]:
    """Write `rows`, of the table's schema, sorted, as new files of the folder `root`; none for no rows."""
    return [write_file(table, [part], filesystem, root) for part in cut(table, sort(table, rows))]


def write_file(table: Table, parts: Iterable[pa.Table], filesystem: pafs.FileSystem, root: str) -> DataFile:
    """Write one file of rows that are in order, part by part."""
    name = f"part-{uuid.uuid4().hex}.parquet"
    path = f"{root}/{name}" if root else name
    rows, stats = 0, dict[str, Any]()
    with filesystem.open_output_stream(path) as out:
        with pq.ParquetWriter(out, table.schema, **_options(table)) as writer:
            for part in parts:
                writer.write_table(part, row_group_size=table.row_group)
                rows += part.num_rows
                for column, (low, high) in bounds_of(part).items():
                    stats[f"min.{column}"] = min(low, stats.get(f"min.{column}", low))
                    stats[f"max.{column}"] = max(high, stats.get(f"max.{column}", high))
        size = out.tell()
    if isinstance(filesystem, pafs.LocalFileSystem):
        flush(path)
    return DataFile(name, path, rows, size, stats, modified_ms=int(time.time() * 1000))


def flush(path: str) -> None:
    """Have the disk keep a file that was written: a commit that outlives its data would be a table with a hole."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _options(table: Table) -> dict[str, Any]:
    """Delta-packed integers and dictionary strings, zstd 1: half the size of the defaults (design, section 6)."""
    packed: dict[str, str] = {}
    strings: list[str] = []
    for column in table.schema:
        kind, name = column.type, column.name
        if pa.types.is_list(kind):
            kind, name = kind.value_type, f"{name}.list.element"
        if pa.types.is_integer(kind):
            packed[name] = "DELTA_BINARY_PACKED"
        elif not pa.types.is_binary(kind):
            strings.append(name)
    counted = [name for name in dict.fromkeys((*LOGGED, *table.sort_by)) if name in table.schema.names]
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": strings or False,
        "column_encoding": packed or None,
        "write_statistics": counted or False,
        "store_schema": False,
    }
