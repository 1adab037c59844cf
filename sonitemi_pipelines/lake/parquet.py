"""Data files of the lake: in which order, how encoded, and what a table's log is told of them."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from sonitemi_pipelines.lake.schemas import Table

LOGGED = ("recording_id", "day")
"""Columns that a table's log keeps the least and greatest value of: it is kept for long, so no content of a recording
may stand there that an erasure would have to find."""

_POSITION = re.compile(r"(index|positions?|starts|(^|_)(start|end|at|first|last)_ms)$")
"""Integers that go up from row to row; lengths and counts repeat themselves."""

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

    def below(self, root: str) -> str:
        """Its place in a file system where its table is the folder `root`, '' for the top."""
        return f"{root}/{unquote(self.path)}" if root else unquote(self.path)

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
            ends: Any = pc.min_max(_values(rows[name])).as_py()
            if ends["min"] is not None:
                bounds[name] = (ends["min"], ends["max"])
    return bounds


def within(bounds: Mapping[str, tuple[Any, Any]]) -> Any:
    """The Arrow expression for every column between its bounds: by the statistics of a file's row groups most of them
    are passed over.
    """
    where: Any = pc.scalar(True)
    for name, (low, high) in bounds.items():
        where = where & (pc.field(name) >= pa.scalar(low)) & (pc.field(name) <= pa.scalar(high))
    return where


def _values(column: pa.ChunkedArray[Any]) -> Any:
    """The values that stand in a column, where it has a dictionary each once."""
    return pc.unique(column).cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def sort(table: Table, rows: pa.Table) -> pa.Table:
    """Rows in the table's order, dictionaries in one chunk: those that differ would be written as texts."""
    if table.sort_by and rows.num_rows > 1:
        ranks = ranks_of(rows, table.sort_by)
        if ranks is not None:
            if (ranks[1:] < ranks[:-1]).any():
                # Most rows come as a few runs that are in order, which this merges.
                rows = rows.take(np.argsort(ranks, kind="stable"))
        elif not is_sorted(rows, table.sort_by):
            rows = table.plain(rows)
            rows = rows.take(pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in table.sort_by]))
    columns = [each.combine_chunks() if pa.types.is_dictionary(each.type) else each for each in rows.columns]
    return pa.Table.from_arrays(columns, schema=rows.schema)


def ranks_of(rows: pa.Table, names: Iterable[str]) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """A number for each row, in the order of these columns, NULL last. None where one of them is text without a
    dictionary, whose values may be as many as the rows, or where no number is large enough.
    """
    ranks = np.zeros(rows.num_rows, np.int64)
    most = 1
    for name in names:
        column: Any = rows[name].combine_chunks()
        if pa.types.is_dictionary(column.type):
            count = len(column.dictionary)
            rank = np.empty(count + 1, np.int64)
            rank[pc.sort_indices(column.dictionary).to_numpy()] = np.arange(count)
            rank[count] = count
            values = rank[column.indices.fill_null(count).to_numpy()]
        elif pa.types.is_integer(column.type) and len(column) > column.null_count:
            ends: Any = pc.min_max(column).as_py()
            least, greatest = ends["min"], ends["max"]
            count = greatest - least + 1
            values = column.fill_null(greatest).to_numpy().astype(np.int64) - least
            if column.null_count:
                values[_flags(column.is_null())] = count
        else:
            return None
        most *= count + 1
        if most >= 2**62:
            return None
        ranks = ranks * (count + 1) + values
    return ranks


def is_sorted(rows: pa.Table, names: Iterable[str]) -> bool:
    """Whether rows are in the order of these columns already, as most batches and all marts are; False when it would
    take as long to tell as to sort. Much cheaper than sorting: one look at each row and its neighbour.
    """
    if not rows.num_rows:
        return True
    tied: Any = None
    for name in names:
        column: Any = rows[name].combine_chunks()
        if column.null_count:
            return False
        if pa.types.is_string(column.type):
            # No dictionary of them: they may be as many as the rows.
            before, after = column.slice(0, len(column) - 1), column.slice(1)
            falls, same = (_flags(compare(after, before)) for compare in (pc.less, pc.equal))
            if (falls if tied is None else falls[tied]).any():
                return False
            tied = same if tied is None else tied & same
            continue
        if pa.types.is_dictionary(column.type):
            if len(column.dictionary) <= 1:
                continue
            rank = np.empty(len(column.dictionary), np.int64)
            rank[pc.sort_indices(column.dictionary).to_numpy()] = np.arange(len(rank))
            numbers = rank[column.indices.to_numpy()]
        elif pa.types.is_integer(column.type):
            numbers = column.to_numpy().astype(np.int64)
        else:
            return False
        step = np.diff(numbers)
        if (step < 0).any() if tied is None else (step[tied] < 0).any():
            return False
        tied = step == 0 if tied is None else tied & (step == 0)
    return True


def _flags(values: Any) -> Any:
    return values.to_numpy(zero_copy_only=False)


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


def write_file(
    table: Table, parts: Iterable[pa.Table], filesystem: pafs.FileSystem, root: str, *, are_groups: bool = False
) -> DataFile:
    """Write one file of rows that are in order, part by part.

    Args:
        are_groups: each part becomes one row group, whatever its size.
    """
    rows, stats = 0, dict[str, Any]()
    with new_file(filesystem, root) as (path, out):
        with ExitStack() as stack:
            writer: pq.ParquetWriter | None = None
            for part in map(_with_own_values, parts):
                if writer is None:
                    writer = stack.enter_context(pq.ParquetWriter(out, part.schema, **options(table)))
                size = part.num_rows if are_groups else _row_group(table, part)
                writer.write_table(part, row_group_size=size)
                rows += part.num_rows
                widen(stats, bounds_of(part))
        size = out.tell()
    return data_file(path, rows, size, stats)


def _with_own_values(rows: pa.Table) -> pa.Table:
    """Rows whose dictionaries hold what stands in the rows alone: a batch's hold the words of all its transcripts, of
    which one may have been erased since, and a file keeps whatever its dictionaries do.
    """
    for number, given in enumerate(rows.schema):
        if pa.types.is_dictionary(given.type):
            column: Any = rows.column(number).combine_chunks()
            used = pc.unique(column.indices).drop_null()
            if len(used) < len(column.dictionary):
                indices = pc.index_in(column.indices, used).cast(column.indices.type)
                own = pa.DictionaryArray.from_arrays(indices, column.dictionary.take(used))
                rows = rows.set_column(number, given, own)
    return rows


@contextmanager
def new_file(filesystem: pafs.FileSystem, root: str) -> Iterator[tuple[str, Any]]:
    """A new file of the folder `root` to write to, and its path; at the end it is on the disk to stay."""
    name = f"part-{uuid.uuid4().hex}.parquet"
    path = f"{root}/{name}" if root else name
    with filesystem.open_output_stream(path) as out:
        yield path, out
    if isinstance(filesystem, pafs.LocalFileSystem):
        flush(path)


def data_file(path: str, rows: int, size: int, stats: Mapping[str, Any]) -> DataFile:
    """What a log is to say of a file that was written just now."""
    return DataFile(path.rpartition("/")[2], path, rows, size, stats, modified_ms=int(time.time() * 1000))


def widen(stats: dict[str, Any], bounds: Mapping[str, tuple[Any, Any]]) -> None:
    """Let a file's statistics hold for rows within `bounds`, too."""
    for column, (low, high) in bounds.items():
        stats[f"min.{column}"] = min(low, stats.get(f"min.{column}", low))
        stats[f"max.{column}"] = max(high, stats.get(f"max.{column}", high))


def _row_group(table: Table, rows: pa.Table) -> int:
    """A dictionary that comes with the rows stands in each of their groups: they are one."""
    encoded = any(pa.types.is_dictionary(field.type) for field in rows.schema)
    return max(table.row_group, rows.num_rows) if encoded else table.row_group


def flush(path: str) -> None:
    """Have the disk keep a file that was written: a commit that outlives its data would be a table with a hole."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def options(table: Table) -> dict[str, Any]:
    """Delta-packed positions, all else dictionaries, zstd 3: half the size of the defaults. Payloads, no words in
    columns, take three times as long at a level that shows: 1.
    """
    packed: dict[str, str] = {}
    repeated: list[str] = []
    for column in table.schema:
        kind, name = column.type, column.name
        if pa.types.is_list(kind):
            kind, name = kind.value_type, f"{name}.list.element"
        if pa.types.is_integer(kind) and (column.name in table.key or _POSITION.search(column.name)):
            packed[name] = "DELTA_BINARY_PACKED"
        elif not pa.types.is_binary(kind):
            repeated.append(name)
    counted = [name for name in dict.fromkeys((*LOGGED, *table.sort_by)) if name in table.schema.names]
    return {
        "compression": "zstd",
        "compression_level": 1 if any(pa.types.is_binary(column.type) for column in table.columns) else 3,
        "use_dictionary": repeated or False,
        "column_encoding": packed or None,
        "write_statistics": counted or False,
        "store_schema": False,
    }
