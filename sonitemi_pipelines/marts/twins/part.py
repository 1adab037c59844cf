"""The tables of a part as arrays, and back: transcripts and speakers are numbers, so that no word costs a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from sonitemi_pipelines.marts.twins.arrays import Columns, Flags, Numbers

KEY = ("provider", "recording_id", "variant")
FAR = 2**40
"""Stands in for a time that is not known: later than any. As an end its negative does: earlier than any."""

TEXTS = ("text", "shown")
_FOUND = "found_by_twin"
_TRANSCRIPTS = f"SELECT rowid AS number, {', '.join(KEY)} FROM transcripts"


class Part:
    """What the tables of a connection hold.

    Attributes:
        transcripts: how many there are.
        speakers: the number that stands for each, the unknown one (None) too.
        texts: those that the numbers in a column of TEXTS of the last query stand for.
    """

    texts: dict[str, pa.Array[Any]]

    def __init__(self, connection: duckdb.DuckDBPyConnection, *named: str) -> None:
        """Args:
        named: the tables that hold every speaker that `select` is given.
        """
        numbered = [f"SELECT speaker, {len(named)} * rowid + {i} AS number FROM {name}" for i, name in enumerate(named)]
        self._named = f"SELECT speaker, min(number) AS number FROM ({' UNION ALL '.join(numbered)}) GROUP BY speaker"
        self._connection = connection
        self.texts = {}
        keys = connection.execute(f"{_TRANSCRIPTS} ORDER BY number").fetchall()
        self._numbers = np.array([number for number, *_ in keys], np.int32)
        self._keys = [[key[place] for key in keys] for place in range(1, 1 + len(KEY))]
        self.transcripts = len(keys)
        self.speakers: dict[str | None, int] = {None: 0}

    def thresholds(self, *names: str) -> list[int]:
        """Values of the seed of that name."""
        [row] = self._connection.execute(f"SELECT {', '.join(names)} FROM thresholds").fetchall()
        return list(row)

    def of_transcripts(self, expression: str) -> Numbers:
        """What a header has, for each transcript."""
        rows = self._connection.execute(f"SELECT {expression} FROM transcripts ORDER BY rowid").fetchall()
        return np.array([value for (value,) in rows], np.int64)

    def read(self, query: str) -> Columns:
        """The columns of a query as arrays, its key as one: `transcript`, the place of its header among all. Rows
        of other transcripts are left out. `speaker` and TEXTS are numbers too. Nothing else may be NULL, or a text.
        """
        rows: pa.Table = self._connection.sql(query).to_arrow_table()
        found: Columns = {"transcript": self._transcripts([_encoded(rows[name]) for name in KEY])}
        for name in rows.column_names:
            if name == "speaker":
                column = _encoded(rows[name])
                found[name] = self._spoken_by([*column.dictionary.to_pylist(), None])[_indices(column)]
            elif name in TEXTS:
                column = _encoded(rows[name])
                found[name], self.texts[name] = _indices(column), column.dictionary
            elif name not in KEY:
                if rows[name].null_count:
                    raise ValueError(f"NULL in {name}, which is always known")
                values = rows[name].to_numpy()
                # An int32 would stay one, and overflow where SQL's does not.
                found[name] = values if values.dtype == np.bool_ else values.astype(np.int64, copy=False)
        known = found["transcript"] >= 0
        return found if known.all() else {name: values[known] for name, values in found.items()}

    @contextmanager
    def select(self, found: Mapping[str, Any]) -> Iterator[str]:
        """A SELECT of these columns, key and speaker as other tables have them, as long as the block lasts.

        Args:
            found: `transcript` among them; arrays of numpy, or of Arrow where values may be NULL.
        """
        columns = {name: pa.array(values) for name, values in found.items()}
        columns["transcript"] = pa.array(self._numbers[found["transcript"]])
        if "speaker" in found:
            numbers = dict(self._connection.execute(self._named).fetchall())
            columns["speaker"] = pa.array(np.array([numbers.get(name, 0) for name in self.speakers])[found["speaker"]])
        self._connection.register(_FOUND, pa.table(columns))
        names = [f"transcripts.{name}" for name in KEY]
        names += [
            "speakers.speaker" if name == "speaker" else f"found.{name}" for name in found if name != "transcript"
        ]
        joins = f"JOIN ({_TRANSCRIPTS}) AS transcripts ON transcripts.number = found.transcript"
        if "speaker" in found:
            joins += f" JOIN ({self._named}) AS speakers ON speakers.number = found.speaker"
        try:
            yield f"SELECT {', '.join(names)} FROM {_FOUND} AS found {joins}"
        finally:
            self._connection.unregister(_FOUND)

    def _transcripts(self, key: list[Any]) -> Numbers:
        """The place of each row's transcript, -1 when it has none."""
        sizes = [len(column.dictionary) + 1 for column in key]
        packed = np.zeros(len(key[0]), np.int64)
        for column, size in zip(key, sizes, strict=True):
            packed *= size
            packed += _indices(column)
        at = [_places(column.dictionary, values) for column, values in zip(key, self._keys, strict=True)]
        known = np.all([place >= 0 for place in at], axis=0)
        places = np.full(sizes, -1)
        places[tuple(place[known] for place in at)] = np.arange(self.transcripts)[known]
        return places.ravel()[packed]

    def _spoken_by(self, names: Iterable[str | None]) -> Numbers:
        """A number for each speaker, the same whenever it is asked for."""
        return np.array([self.speakers.setdefault(name, len(self.speakers)) for name in names])


def nullable(values: Numbers, known: Flags) -> pa.Array[Any]:
    """A column that is NULL where a value is not known."""
    return pa.array(values) if known.all() else pa.array(np.where(known, values, 0), mask=~known)


def _encoded(column: pa.ChunkedArray[Any]) -> Any:
    """The column in one piece, as a dictionary."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return pa.concat_arrays(column.unify_dictionaries().chunks) if column.num_chunks else pa.array([], column.type)


def _indices(column: Any) -> Numbers:
    """Where the dictionary has each value; behind its end for NULL."""
    indices = column.indices
    if indices.null_count:
        indices = indices.cast(pa.int64()).fill_null(len(column.dictionary))
    found: Numbers = indices.to_numpy(zero_copy_only=False)
    return found


def _places(dictionary: pa.Array[Any], wanted: Sequence[str]) -> Numbers:
    """The place of each of `wanted` in a dictionary; -1 when it has none."""
    places = {value: place for place, value in enumerate(dictionary.to_pylist())}
    return np.array([places.get(value, -1) for value in wanted], np.int64)
