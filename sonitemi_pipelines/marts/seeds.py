"""Small tables that marts read: the CSV files of `sql/seeds`, and what the settings and the user's speaker map say."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.marts import trackers
from sonitemi_pipelines.marts.vendor_parts import PARTS, SUMMARIES
from sonitemi_pipelines.parsing.seeds import ENGLISH
from sonitemi_pipelines.parsing.speakers import label_of
from sonitemi_pipelines.parsing.terms import term_of
from sonitemi_pipelines.settings import Settings

THRESHOLDS = "thresholds"
RATES = "rates"
SPEAKER_MAP = "speaker_map"
TRACKERS = "trackers"
PROVIDER_LANGUAGES = "provider_languages"
SUMMARIZING_PROVIDERS = "summarizing_providers"

_WORD_LISTS = {
    "acknowledgements_by_language": "acknowledgement",
    "fillers_by_language": "filler",
    "question_words": "word",
    "stop_words": "word",
}
"""Seeds of words by language, and the column that holds them."""

_RATES_FIELDS: list[pa.Field[Any]] = [
    pa.field("provider", pa.string()),
    pa.field("usd_per_minute", pa.decimal128(18, 6)),
]
_RATES_SCHEMA = pa.schema(_RATES_FIELDS)
_MAP_SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in ("provider", "recording_id", "speaker", "person", "side")]
)
RUN_INPUTS: dict[str, pa.Schema] = {RATES: _RATES_SCHEMA, SPEAKER_MAP: _MAP_SCHEMA, TRACKERS: trackers.SCHEMA}
"""Tables made at each run from settings and files of the user; only marts of grain corpus read them."""


@dataclass(frozen=True)
class Seed:
    """One seed table and the digest of its content, which is part of the hash of every mart that reads it.

    `values` are texts, or whole numbers throughout.
    """

    name: str
    header: Sequence[str]
    values: Sequence[Sequence[str | int]]
    digest: str

    @cached_property
    def rows(self) -> pa.Table:
        # Made when a mart is computed: Arrow brings pandas along at its first list, and who loads a code location, or
        # asks for the names of marts, computes nothing.
        columns = zip(*self.values, strict=True) if self.values else [() for _ in self.header]
        text = pa.string() if not self.values or isinstance(self.values[0][0], str) else pa.int64()
        return pa.table({name: pa.array(column, text) for name, column in zip(self.header, columns, strict=True)})


def load_seeds(folder: Path) -> dict[str, Seed]:
    """Every `*.csv` in `folder`, all columns text. `thresholds.csv` becomes one row with an integer column per name,
    `sentence_marks.csv` one with the marks of each kind in a column. Two more, `provider_languages` and
    `summarizing_providers`, are what the vendors' declarations say.

    Raises:
        MartError: a file is malformed; names file and line.
    """
    return dict(_seeds(folder, state_of(folder), repr(PARTS)))


def state_of(folder: Path) -> tuple[object, ...]:
    """The same as long as no file of the folder changed, came or went."""
    files = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.suffix in (".csv", ".sql"))
    return tuple((str(path), found.st_mtime_ns, found.st_size, found.st_ino) for path, found in files)


@lru_cache(maxsize=8)
def _seeds(folder: Path, state: tuple[object, ...], parts: str) -> dict[str, Seed]:
    seeds = {}
    for path in sorted(folder.glob("*.csv")):
        records = _read(path)
        make = _OF_ONE_ROW.get(path.stem)
        seeds[path.stem] = _seed(path.stem, *(make(path, records) if make else _folded(path.stem, records)))
    said = [[part.provider, part.language] for part in PARTS.values() if part.language is not None]
    seeds[PROVIDER_LANGUAGES] = _seed(PROVIDER_LANGUAGES, ["provider", "language"], *said)
    summarizing = [[part.provider] for part in PARTS.values() if SUMMARIES in part.selects]
    seeds[SUMMARIZING_PROVIDERS] = _seed(SUMMARIZING_PROVIDERS, ["provider"], *summarizing)
    return seeds


def _seed(name: str, header: Sequence[str], *values: Sequence[str | int]) -> Seed:
    rows = [dict(zip(header, row, strict=True)) for row in values]
    return Seed(name, header, values, hashlib.sha256(repr((list(header), rows)).encode()).hexdigest())


def _folded(name: str, records: list[list[str]]) -> list[list[str]]:
    """Word lists with their words as terms, so that they meet `spoken_words.term` however they are written, and with
    the lists that transcripts in two languages use ('es-en').
    """
    if name not in _WORD_LISTS:
        return records
    header, *rows = records
    column, language = header.index(_WORD_LISTS[name]), header.index("language")
    for row in rows:
        row[column] = " ".join(filter(None, map(term_of, row[column].split())))
    english = [row for row in rows if row[language] == ENGLISH]
    mixed = []
    for code in sorted({row[language] for row in rows} - {ENGLISH}):
        for row in [row for row in rows if row[language] == code] + english:
            mixed.append([f"{code}-{ENGLISH}" if i == language else value for i, value in enumerate(row)])
    return [header, *map(list, dict.fromkeys(map(tuple, [*rows, *mixed])))]


def threshold_definitions(folder: Path) -> list[dict[str, str]]:
    """Rows (name, value, unit, definition) of `thresholds.csv`, for the data dictionary."""
    header, *rows = _read(folder / f"{THRESHOLDS}.csv")
    return [dict(zip(header, row, strict=True)) for row in rows]


def run_inputs(settings: Settings | None, unreadable: list[str] | None = None) -> dict[str, pa.Table]:
    """`rates` from the settings, `speaker_map` from `speaker_map.csv` beside the warehouse, the user's `trackers`.

    They are empty where nothing is given.

    Args:
        unreadable: takes what is wrong with a file of the user's, which then counts as empty.

    Raises:
        MartError: a file of the user's is malformed, and `unreadable` was not given.
    """

    def read(make: Callable[[Path | None], pa.Table], path: Path | None) -> pa.Table:
        try:
            return make(path)
        except MartError as error:
            if unreadable is None:
                raise
            unreadable.append(str(error))
            return make(None)

    rates = [
        {"provider": provider, "usd_per_minute": rate}
        for provider in PARTS
        if settings is not None and (rate := settings.vendor(provider).rate) is not None
    ]
    return {
        RATES: pa.Table.from_pylist(rates, schema=_RATES_SCHEMA),
        SPEAKER_MAP: read(_speaker_map, settings.warehouse.with_name("speaker_map.csv") if settings else None),
        TRACKERS: read(trackers.trackers, settings.tracker_file if settings else None),
    }


def _speaker_map(path: Path | None) -> pa.Table:
    if path is None or not path.exists():
        return _MAP_SCHEMA.empty_table()
    header, *rows = _read(path)
    if header == _MAP_SCHEMA.names[:-1]:
        # Who is on which side is asked for since 0.2; maps from before still say who is who.
        header, rows = _MAP_SCHEMA.names, [[*row, ""] for row in rows]
    if header != _MAP_SCHEMA.names:
        raise MartError(f"{path}:1: the columns are {','.join(_MAP_SCHEMA.names)}; the last may be left out")
    keys = [tuple(row[:3]) for row in rows]
    repeated = next((i for i, key in enumerate(keys) if key in keys[:i]), None)
    if repeated is not None:
        raise MartError(f"{path}:{repeated + 2}: this speaker of this recording is mapped twice; keep one line")
    # Labels as the lake spells them, whatever white space and Unicode form the file has.
    said = [[*row[:2], label_of(row[2]) or row[2], row[3].strip() or None, row[4].strip() or None] for row in rows]
    return pa.table({name: pa.array([row[i] for row in said], pa.string()) for i, name in enumerate(header)})


def _read(path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            records = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MartError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    if not records:
        raise MartError(f"{path}:1: the file is empty; it needs at least its line of column names")
    for number, row in enumerate(records, start=1):
        if len(row) != len(records[0]):
            raise MartError(f"{path}:{number}: {len(row)} values where there are {len(records[0])} columns")
    return records


def _thresholds(path: Path, records: list[list[str]]) -> tuple[list[str], list[int]]:
    header, *rows = records
    if header != ["name", "value", "unit", "definition"]:
        raise MartError(f"{path}:1: the columns are name,value,unit,definition")
    values = {}
    for number, (name, value, _, _) in enumerate(rows, start=2):
        if not value.isdecimal():
            raise MartError(f"{path}:{number}: threshold {name} is {value!r}; give a whole number")
        values[name] = int(value)
    return list(values), list(values.values())


def _sentence_marks(path: Path, records: list[list[str]]) -> tuple[list[str], list[str]]:
    header, *rows = records
    if header != ["kind", "mark", "name"]:
        raise MartError(f"{path}:1: the columns are kind,mark,name")
    marks: dict[str, str] = {}
    for number, (kind, mark, _) in enumerate(rows, start=2):
        try:
            char = chr(int(mark[2:], 16)) if mark.startswith("U+") else mark
        except ValueError:
            char = ""
        if len(char) != 1:
            raise MartError(f"{path}:{number}: mark {mark!r} is not one character, nor U+ with its hexadecimal number")
        marks[kind] = marks.get(kind, "") + char
    return list(marks), list(marks.values())


_OF_ONE_ROW: dict[str, Callable[[Path, list[list[str]]], tuple[Sequence[str], Sequence[str | int]]]] = {
    THRESHOLDS: _thresholds,
    "sentence_marks": _sentence_marks,
}
