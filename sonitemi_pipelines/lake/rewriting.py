"""A data file with some of its rows replaced: only the row groups that hold such rows are taken apart, the others are
written again as they come out of the file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs

from sonitemi_pipelines.lake.keys import has_key
from sonitemi_pipelines.lake.parquet import DataFile, bounds_of, sort, write_file
from sonitemi_pipelines.lake.schemas import Table

_REPEATED = 4
"""Bytes a value of a column of text takes at most, uncompressed, where its values repeat themselves."""
_ID = "recording_id"


class Files(Protocol):
    """The lake, as far as its files are read and written."""

    @property
    def is_local(self) -> bool: ...

    def filesystem(self, name: str) -> tuple[pafs.FileSystem, str]: ...


class Sought:
    """Keys that are looked for.

    Attributes:
        keys: any columns of a table.
        names: of these columns.
    """

    def __init__(self, keys: pa.Table) -> None:
        self.keys, self.names = keys, keys.column_names
        self._bounds = bounds_of(keys)
        ids: Any = pc.unique(keys[_ID]) if _ID in self.names else None
        self._ids: list[str] | None = None if ids is None or ids.null_count else sorted(ids.to_pylist())

    def may_be_in(self, file: DataFile) -> bool:
        """Whether one of the keys may be in a file, as far as the log knows."""
        ends = (file.stats.get(f"min.{_ID}"), file.stats.get(f"max.{_ID}"))
        return bool(self.keys.num_rows) and file.may_hold(self._bounds) and self._id_between(*ends)

    def may_be_among(self, statistics: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether one of the keys may be in a row group of these least and greatest values."""
        for name, (low, high) in self._bounds.items():
            ends = statistics.get(name)
            if ends is not None and (ends["max"] < low or ends["min"] > high):
                return False
        ends = statistics.get(_ID, {})
        return self._id_between(ends.get("min"), ends.get("max"))

    def _id_between(self, least: Any, greatest: Any) -> bool:
        if self._ids is None or least is None or greatest is None:
            return True
        place = bisect_left(self._ids, least)
        return place < len(self._ids) and self._ids[place] <= greatest


class Rewriting:
    """One data file, to be written anew without the rows of some keys and with others in their place."""

    def __init__(self, lake: Files, table: Table, file: DataFile, sought: Sought) -> None:
        self._table, self._sought = table, sought
        self._filesystem, self._root = lake.filesystem(table.name)
        path = f"{self._root}/{unquote(file.path)}" if self._root else unquote(file.path)
        if lake.is_local:
            self._source: Any = path
        else:
            # One request for all of it; each row group would be one.
            with self._filesystem.open_input_file(path) as opened:
                self._source = opened.read_buffer()
        self._fragments: dict[frozenset[str], Any] = {}
        self._encoded: frozenset[str] = frozenset()
        whole = self._fragment()
        self._groups = [group.num_rows for group in whole.row_groups]
        self._hits: dict[int, Any] = {}
        """Row group -> which of its rows have one of the keys, where any has."""
        for number, group in enumerate(whole.row_groups):
            if sought.may_be_among(group.statistics or {}):
                hit = has_key(self._read(number, self._sought.names), sought.keys)
                if pc.any(hit).as_py():
                    self._hits[number] = hit

    @property
    def is_hit(self) -> bool:
        """Whether the file holds rows of the keys."""
        return bool(self._hits)

    def write(self, rows: pa.Table) -> tuple[list[DataFile], pa.Table]:
        """The new file, if any row is left for one, and those of `rows`, all in the table's schema, that replace
        nothing in it.
        """
        self._encoded = self._repeated()
        schema = [
            field.with_type(pa.dictionary(pa.int32(), field.type)) if field.name in self._encoded else field
            for field in self._table.schema
        ]
        parts: list[int | pa.Table] = []
        for is_hit, numbers in groupby(range(len(self._groups)), self._hits.__contains__):
            if not is_hit:
                parts += numbers
                continue
            kept, rows = self._without(list(numbers), rows)
            if kept.num_rows:
                parts.append(kept)
        if not parts:
            return [], rows
        written = write_file(self._table, self._encode(parts, pa.schema(schema)), self._filesystem, self._root)
        return [written], rows

    def _without(self, numbers: Sequence[int], rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """The rows of neighbouring row groups with what replaces some of them, and what of `rows` does not."""
        names, kept, gone = self._sought.names, [], []
        for number in numbers:
            there, hit = self._read(number), self._hits[number]
            kept.append(there.filter(pc.invert(hit)))
            gone.append(there.select(names).filter(hit))
        back = has_key(rows, pa.concat_tables(gone).group_by(names).aggregate([]))
        together = pa.concat_tables([*kept, rows.filter(back)])
        return sort(self._table, together), rows.filter(pc.invert(back))

    def _encode(self, parts: Sequence[int | pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
        """Row groups, with dictionaries of their own: one that came with rows that went would still hold their text."""
        for part in parts:
            if isinstance(part, int):
                yield self._read(part, schema=schema)
                continue
            number = max(1, round(part.num_rows / self._table.row_group))
            step = -(-part.num_rows // number)
            for start in range(0, part.num_rows, step):
                group = part.slice(start, step)
                for place, name in enumerate(schema.names):
                    if name in self._encoded:
                        group = group.set_column(place, schema.field(place), pc.dictionary_encode(group[name]))
                yield group

    def _read(self, number: int, names: Sequence[str] | None = None, schema: pa.Schema | None = None) -> pa.Table:
        encoded = frozenset[str]() if schema is None else self._encoded
        wanted = self._table.schema if schema is None else schema
        names = wanted.names if names is None else names
        group = self._fragment(encoded).subset(row_group_ids=[number])
        rows: pa.Table = group.to_table(schema=wanted, columns=list(names))
        return rows.cast(pa.schema([wanted.field(name) for name in names])).combine_chunks()

    def _fragment(self, encoded: frozenset[str] = frozenset()) -> Any:
        """The file with these columns read as dictionaries; its footer is read once for each choice of columns."""
        if encoded not in self._fragments:
            # Here, not at the top: it brings pandas along, and many a process reads nothing.
            import pyarrow.dataset as ds

            format_ = ds.ParquetFileFormat(dictionary_columns=sorted(encoded))
            given: dict[str, Any] = {"filesystem": self._filesystem} if isinstance(self._source, str) else {}
            self._fragments[encoded] = format_.make_fragment(self._source, **given)
        return self._fragments[encoded]

    def _repeated(self) -> frozenset[str]:
        """Columns of text whose values repeat themselves: as dictionaries they pass through untouched."""
        metadata = self._fragment().metadata
        sizes = dict.fromkeys((field.name for field in self._table.schema if pa.types.is_string(field.type)), 0)
        there: set[str] = set()
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            for place in range(group.num_columns):
                column = group.column(place)
                if column.path_in_schema in sizes:
                    there.add(column.path_in_schema)
                    sizes[column.path_in_schema] += column.total_uncompressed_size
        return frozenset(name for name in there if sizes[name] <= _REPEATED * metadata.num_rows)
