"""The header of a mart file: SQL comments that state grain, key, meaning, and each column with unit and definition."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.schemas import MONEY, TIMESTAMP, Column

TYPES: dict[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DECIMAL(18,2)": MONEY,
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "INTEGER[]": pa.list_(pa.int32()),
    "TIMESTAMP": TIMESTAMP,
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
}
SQL_NAMES = {arrow: name for name, arrow in TYPES.items()}
GRAINS = ("transcript", "corpus")

_FIELDS = ("mart", "grain", "key", "stored", "shown", "dialect", "description", "columns")
_REQUIRED = ("mart", "grain", "key", "description", "columns")
_FIELD = re.compile(r"([a-z]+):(?: +(.*))?")
_COLUMN = re.compile(r"([a-z][a-z0-9_]*) ([A-Z]+(?:\(\d+,\d+\))?(?:\[\])?)(?: \[([^\]]+)\])?: (.+)")
_CHOICES = {
    "grain": GRAINS,
    "stored": ("yes", "no"),
    "shown": ("table", "view"),
    "dialect": ("portable", "duckdb"),
}


@dataclass
class Header:
    """What a header says.

    Attributes:
        stored: False for a step that only other marts read and the lake does not keep.
        shown_as_view: the warehouse keeps no copy: a view of the lake's files, or of the SELECT when not stored.
        portable: runs unchanged on DuckDB and Spark.
        columns: as declared; for grain transcript without provider, recording_id, variant, which it always has.
    """

    name: str = ""
    grain: str = ""
    key: tuple[str, ...] = ()
    stored: bool = True
    shown_as_view: bool = False
    portable: bool = True
    description: str = ""
    columns: list[Column] = field(default_factory=list)


def parse_header(text: str, path: Path) -> tuple[Header, str]:
    """Split a mart file into its header and its SELECT.

    Raises:
        MartError: naming file and line.
    """
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    fields: dict[str, tuple[int, list[str]]] = {}
    current: list[str] | None = None
    for number, line in enumerate(lines[:end], start=1):
        content = line[2:].removeprefix(" ").rstrip()
        if not content.strip():
            continue
        if content.startswith("  "):
            if current is None:
                raise _error(path, number, "an indented line belongs below a field such as 'description:'")
            current.append(content[2:])
            continue
        match = _FIELD.fullmatch(content.strip())
        if match is None or match[1] not in _FIELDS:
            raise _error(path, number, f"expected one of {', '.join(_FIELDS)}, each followed by ':'")
        if match[1] in fields:
            raise _error(path, number, f"'{match[1]}:' is given twice")
        current = [match[2]] if match[2] else []
        fields[match[1]] = (number, current)
    for name in _REQUIRED:
        if not fields.get(name, (0, []))[1]:
            raise _error(path, fields.get(name, (1, []))[0], f"the header lacks '{name}:'")
    for name, choices in _CHOICES.items():
        if name in fields and " ".join(fields[name][1]) not in choices:
            raise _error(path, fields[name][0], f"'{name}:' is {' or '.join(choices)}")
    sql = "\n".join(lines[end:]).strip().rstrip(";")
    if not sql:
        raise _error(path, len(lines), "no SELECT follows the header")

    def value(name: str, default: str = "") -> str:
        return " ".join(line.strip() for line in fields[name][1]) if name in fields else default

    header = Header(
        name=value("mart"),
        grain=value("grain"),
        key=tuple(part.strip() for part in value("key").split(",")),
        stored=value("stored", "yes") == "yes",
        shown_as_view=value("shown", "table") == "view",
        portable=value("dialect", "portable") == "portable",
        description=value("description"),
        columns=_columns(path, *fields["columns"]),
    )
    if header.name != path.stem:
        raise _error(path, fields["mart"][0], f"'mart: {header.name}' is not the file's name; rename one of them")
    return header, sql


def _columns(path: Path, number: int, lines: list[str]) -> list[Column]:
    columns: list[Column] = []
    for offset, line in enumerate(lines, start=1):
        if line.startswith("  "):
            if not columns:
                raise _error(path, number + offset, "a continued definition has no column above it")
            last = columns.pop()
            columns.append(Column(last.name, last.type, f"{last.doc} {line.strip()}", last.unit))
            continue
        match = _COLUMN.fullmatch(line)
        if match is None:
            raise _error(path, number + offset, "a column reads 'name TYPE [unit]: definition', the unit optional")
        if match[2] not in TYPES:
            raise _error(path, number + offset, f"{match[2]} is not one of {', '.join(TYPES)}")
        if any(column.name == match[1] for column in columns):
            raise _error(path, number + offset, f"column {match[1]} is given twice")
        columns.append(Column(match[1], TYPES[match[2]], match[4], match[3] or ""))
    return columns


def _error(path: Path, line: int, message: str) -> MartError:
    return MartError(f"{path.parent.parent.name}/{path.parent.name}/{path.name}:{line}: {message}")
