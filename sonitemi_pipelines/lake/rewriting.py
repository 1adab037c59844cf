"""A data file with some of its rows replaced: only the row groups that hold such rows are taken apart, the others are
copied byte by byte. What a change costs does not depend on what else is in the file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs

from sonitemi_pipelines.lake.keys import has_key
from sonitemi_pipelines.lake.parquet import DataFile, bounds_of, sort, write_file
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.splicing import ImmovableError, splice

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
        path = file.below(self._root)
        if lake.is_local:
            self._source: Any = path
        else:
            # One request for all of it; each row group would be one.
            with self._filesystem.open_input_file(path) as opened:
                self._source = opened.read_buffer()
        # Here, not at the top: it brings pandas along, and many a process reads nothing.
        import pyarrow.dataset as ds

        given: dict[str, Any] = {"filesystem": self._filesystem} if isinstance(self._source, str) else {}
        by = {*table.sort_by, *sought.names}
        texts = {field.name for field in table.schema if field.name in by and pa.types.is_string(field.type)}
        format_: Any = ds.ParquetFileFormat(dictionary_columns=texts)
        self._fragment = format_.make_fragment(self._source, **given)
        self._groups = self._fragment.row_groups
        self._schema = pa.schema(
            [
                field.with_type(pa.dictionary(pa.int32(), field.type)) if field.name in texts else field
                for field in table.schema
            ]
        )
        """What rows are sought and sorted by comes as dictionaries, of which every text is looked at once."""
        self._hits: dict[int, Any] = {}
        """Row group -> which of its rows have one of the keys, where any has."""
        for number, group in enumerate(self._groups):
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
        parts: list[int | pa.Table] = []
        for is_hit, numbers in groupby(range(len(self._groups)), self._hits.__contains__):
            if not is_hit:
                parts += numbers
                continue
            kept, rows = self._without(list(numbers), rows)
            parts += self._cut(kept)
        if not parts:
            return [], rows
        if len(self._hits) < len(self._groups):
            with suppress(ImmovableError), self._opened() as old:
                return [splice(self._table, old, self._groups, parts, self._filesystem, self._root)], rows
        decoded = (self._plain(self._read(part)) if isinstance(part, int) else part for part in parts)
        return [write_file(self._table, decoded, self._filesystem, self._root, are_groups=True)], rows

    def _opened(self) -> pa.NativeFile:
        if isinstance(self._source, str):
            return self._filesystem.open_input_file(self._source)
        return pa.BufferReader(self._source)

    def _without(self, numbers: Sequence[int], rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """The rows of neighbouring row groups with what replaces some of them, and what of `rows` does not."""
        names, kept, gone = self._sought.names, [], []
        for number in numbers:
            there, hit = self._read(number), self._hits[number]
            kept.append(there.filter(pc.invert(hit)))
            gone.append(there.select(names).filter(hit))
        keys = pa.concat_tables(gone).cast(self._sought.keys.schema)
        back = has_key(rows, keys.group_by(names).aggregate([]))
        together = pa.concat_tables([*kept, rows.filter(back).cast(self._schema)]).unify_dictionaries()
        return self._plain(sort(self._table, together.combine_chunks())), rows.filter(pc.invert(back))

    def _plain(self, rows: pa.Table) -> pa.Table:
        """Without dictionaries: those of rows that went would still hold their texts."""
        return rows.cast(self._table.schema)

    def _cut(self, rows: pa.Table) -> Iterator[pa.Table]:
        """Row groups of about the table's size."""
        number = max(1, round(rows.num_rows / self._table.row_group))
        step = -(-rows.num_rows // number)
        for start in range(0, rows.num_rows, step or 1):
            yield rows.slice(start, step)

    def _read(self, number: int, names: Sequence[str] | None = None) -> pa.Table:
        wanted = self._schema if names is None else pa.schema([self._schema.field(name) for name in names])
        part = self._fragment.subset(row_group_ids=[number])
        group: pa.Table = part.to_table(schema=self._schema, columns=wanted.names)
        return group.cast(wanted).combine_chunks()
