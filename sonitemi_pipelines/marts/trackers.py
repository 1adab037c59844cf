"""The phrases a user wants to be told of: read from a file, folded as search() folds them."""

from __future__ import annotations

import csv
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.parsing.seeds import sql_folder

COLUMNS = ["category", "name", "variants"]
FOLD = "fold.sql"
"""The file of the macro by which index and phrase are folded."""

_FIELDS: list[pa.Field[Any]] = [
    pa.field("category", pa.string()),
    pa.field("tracker", pa.string()),
    pa.field("phrase", pa.string()),
    pa.field("words", pa.int32()),
    pa.field("nth", pa.int32()),
    pa.field("token", pa.string()),
]
SCHEMA = pa.schema(_FIELDS)
"""One row per word of each phrase: `nth` of `words`, folded to `token`."""


@dataclass(frozen=True)
class Tracker:
    """Phrases that mean the same to the user.

    Attributes:
        place: file and line, for messages.
        variants: how it is said.
    """

    place: str
    category: str
    name: str
    variants: tuple[str, ...]


def trackers(path: Path | None) -> pa.Table:
    """The phrases of a CSV or YAML file, in `SCHEMA`; none without a file.

    CSV has the columns category, name and variants, these separated by '|'; without variants the name is the phrase.
    YAML is a list of the same, its variants a list.

    Raises:
        MartError: the file cannot be read, or a line of it is malformed; names file and line.
    """
    if path is None or not path.exists():
        return SCHEMA.empty_table()
    rows: list[dict[str, Any]] = []
    with duckdb.connect() as connection:
        connection.execute((sql_folder() / "macros" / FOLD).read_text(encoding="utf-8"))
        for tracker in _yaml(path) if path.suffix in (".yaml", ".yml") else _csv(path):
            for phrase in tracker.variants:
                tokens = connection.execute("SELECT search_tokens(?)", [phrase]).fetchall()[0][0]
                if not tokens:
                    raise MartError(f"{tracker.place}: {phrase!r} holds no word; give a phrase as it is said")
                rows += [
                    {
                        "category": tracker.category,
                        "tracker": tracker.name,
                        "phrase": phrase,
                        "words": len(tokens),
                        "nth": nth,
                        "token": token,
                    }
                    for nth, token in enumerate(tokens)
                ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _csv(path: Path) -> list[Tracker]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, row) for row in reader if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MartError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    if not lines or [name.strip() for name in lines[0][1]] != COLUMNS:
        raise MartError(f"{path}:1: the columns are {','.join(COLUMNS)}")
    found = []
    for number, row in lines[1:]:
        if len(row) != len(COLUMNS):
            raise MartError(f"{path}:{number}: {len(row)} values where there are {len(COLUMNS)} columns")
        category, name, variants = (value.strip() for value in row)
        found.append(_tracker(f"{path}:{number}", category, name, variants.split("|")))
    return found


def _yaml(path: Path) -> list[Tracker]:
    try:
        yaml: Any = importlib.import_module("yaml")
    except ImportError as error:
        raise MartError(f"{path}: reading YAML needs the package pyyaml; install it, or give a CSV file") from error
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MartError(f"{path}: cannot be read as YAML in UTF-8: {' '.join(str(error).split())}") from error
    found = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        place = f"{path}: entry {number}"
        if not isinstance(entry, dict):
            raise MartError(f"{place}: each entry has {', '.join(COLUMNS)}")
        variants = entry.get("variants") or []
        if isinstance(variants, str):
            variants = variants.split("|")
        if not isinstance(variants, list):
            raise MartError(f"{place}: variants is a list of phrases")
        found.append(_tracker(place, str(entry.get("category") or ""), str(entry.get("name") or ""), variants))
    return found


def _tracker(place: str, category: str, name: str, variants: list[Any]) -> Tracker:
    name = name.strip()
    if not name:
        raise MartError(f"{place}: the tracker has no name")
    phrases = tuple(dict.fromkeys(phrase for each in variants if (phrase := str(each).strip())))
    return Tracker(place, category.strip(), name, phrases or (name,))
