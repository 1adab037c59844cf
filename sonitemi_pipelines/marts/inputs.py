"""What the marts of one part read, on a DuckDB connection: transcripts, turns, words, spoken words.

Ids, speakers and words repeat themselves. They come out of the files as dictionaries and become ENUMs of the part, so
that joins, windows and groups compare small integers; to SQL an ENUM is a text all the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.keys import has_key
from sonitemi_pipelines.lake.parquet import bounds_of, within
from sonitemi_pipelines.lake.scan import identifier
from sonitemi_pipelines.lake.schemas import SPLIT_WORDS, TRANSCRIPTS, TURNS, WORDS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.changes import Changes
from sonitemi_pipelines.marts.model import TRANSCRIPT_KEY, Mart

INPUTS = (TRANSCRIPTS, TURNS, WORDS, SPLIT_WORDS)
AS_ENUM = (*TRANSCRIPT_KEY, "speaker")
"""ENUMs also in what is computed from the inputs; of one type in all tables of a part."""

SAID = ("text", "term", "shown")
"""ENUMs of the inputs, and of `spoken_words`, which is put together from them; all of one type, for the term of a word
is its text more often than not."""

_ENUMS = {
    TRANSCRIPTS.name: TRANSCRIPT_KEY,
    TURNS.name: AS_ENUM,
    WORDS.name: (*AS_ENUM, "text", "term"),
    SPLIT_WORDS.name: (*AS_ENUM, "term", "shown"),
}
_TYPES = (*((name,) for name in AS_ENUM), SAID)
_RECORDING = ("provider", "recording_id", "day")


class Inputs:
    """The input tables on one connection, each part in place of the one before."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, lake: Lake, marts: Iterable[Mart], versions: Mapping[str, int]
    ) -> None:
        """Args:
        marts: what will be computed: columns that none of them names are not read.
        versions: of the input tables, which readers see together.
        """
        self._connection, self._lake, self._versions = connection, lake, versions
        marts = list(marts)
        self._steps = [mart.name for mart in marts]
        self._columns = {table.name: _named(table, marts) for table in INPUTS}
        self._types: list[str] = []

    def load(self, part: Changes) -> None:
        """Make the tables hold the transcripts of a part; what was computed from the part before is gone."""
        for name in (*(table.name for table in INPUTS), *self._steps):
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{identifier(name)}")
        for name in self._types:
            self._connection.execute(f"DROP TYPE {name}")
        self._types = []
        tables = {table.name: self._read(table, part) for table in INPUTS}
        enums: dict[tuple[str, str], str | None] = {}
        for columns in _TYPES:
            having = [(name, column) for name in tables for column in columns if column in _ENUMS[name]]
            made = self._type(f"a_{columns[-1]}", [(tables[name], column) for name, column in having])
            enums |= dict.fromkeys(having, made)
        for name in list(tables):
            rows = tables.pop(name)
            selected = ", ".join(
                f"CAST({identifier(column)} AS {enum}) AS {identifier(column)}"
                if (enum := enums.get((name, column)))
                else identifier(column)
                for column in rows.column_names
            )
            self._connection.register("incoming", rows)
            self._connection.execute(f"CREATE TEMP TABLE {identifier(name)} AS SELECT {selected} FROM incoming")
            self._connection.unregister("incoming")
        del rows
        pa.default_memory_pool().release_unused()

    def _type(self, name: str, columns: Sequence[tuple[pa.Table, str]]) -> str | None:
        """Make an ENUM of the values that these columns have, each of a table; None where they have none."""
        dictionaries = [_dictionary(rows[column]) for rows, column in columns if column in rows.column_names]
        values = pc.unique(pa.concat_arrays(dictionaries)).drop_null() if dictionaries else pa.array([], pa.string())
        if not len(values):
            return None
        self._connection.register("incoming", pa.table({"value": values}))
        self._connection.execute(f"CREATE TYPE {name} AS ENUM (SELECT value FROM incoming ORDER BY value)")
        self._connection.unregister("incoming")
        self._types.append(name)
        return name

    def _read(self, table: Table, part: Changes) -> pa.Table:
        present, version = part.present, self._versions.get(table.name)
        names, encoded = self._columns[table.name], _ENUMS[table.name]
        found = []
        if present.num_rows and version is not None:
            recordings = present.select(_RECORDING).group_by(list(_RECORDING)).aggregate([])
            bounds = bounds_of(recordings)
            ids = pc.field("recording_id").isin(pc.unique(recordings["recording_id"])) & within(bounds)
            wanted = list(dict.fromkeys((*names, *_RECORDING)))
            for file in self._lake.files(table.name, version):
                if file.may_hold(bounds):
                    rows = self._lake.read_file(table, file, wanted, ids, encoded=encoded)
                    found.append(_of_recordings(rows.unify_dictionaries().combine_chunks(), recordings).select(names))
        if not found:
            return pa.schema([table.schema.field(name) for name in names]).empty_table()
        return pa.concat_tables(found).unify_dictionaries().combine_chunks()


def _named(table: Table, marts: Sequence[Mart]) -> list[str]:
    """The columns that some SELECT names, or that a mart declares and may take over by a star; the key in any case."""
    words = {name for mart in marts for name in re.findall(r"\w+", mart.sql)}
    words |= {column.name for mart in marts for column in mart.columns}
    return [name for name in table.schema.names if name in words or name in table.key or name == "day"]


def _dictionary(column: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    if not pa.types.is_dictionary(column.type):
        return pa.array([], pa.string())
    chunks: Any = column.combine_chunks()
    return chunks.dictionary if isinstance(chunks, pa.DictionaryArray) else pa.array([], pa.string())


def _of_recordings(rows: pa.Table, recordings: pa.Table) -> pa.Table:
    """The rows of these recordings, out of rows that have one of their ids."""
    ids = recordings["recording_id"]
    if len(pc.unique(ids)) < len(ids) or not rows.num_rows:
        return rows.filter(has_key(_decoded(rows, _RECORDING), recordings)) if rows.num_rows else rows
    # Each id is that of one recording: the dictionaries say which provider and day a row has to have.
    id_column: Any = rows["recording_id"].combine_chunks()
    provider: Any = rows["provider"].combine_chunks()
    place = pc.index_in(id_column.dictionary, ids.combine_chunks()).fill_null(0).to_numpy()
    where = place[id_column.indices.to_numpy()]
    providers = pc.index_in(recordings["provider"].combine_chunks(), provider.dictionary).fill_null(-1).to_numpy()
    days = recordings["day"].combine_chunks().cast(pa.int32()).to_numpy()
    same = (providers[where] == provider.indices.to_numpy()) & (
        days[where] == rows["day"].combine_chunks().cast(pa.int32()).to_numpy()
    )
    return rows if same.all() else rows.filter(pa.array(np.asarray(same)))


def _decoded(rows: pa.Table, names: Collection[str]) -> pa.Table:
    columns: dict[str, Any] = {name: rows[name] for name in names}
    for name, column in columns.items():
        if pa.types.is_dictionary(column.type):
            columns[name] = column.cast(pa.string())
    return pa.table(columns)
