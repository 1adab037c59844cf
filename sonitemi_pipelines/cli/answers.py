"""An answer of DuckDB on standard output, or in a file: as a table, CSV, JSON or Parquet."""

from __future__ import annotations

import base64
import contextlib
import csv
import datetime as dt
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import duckdb

from sonitemi_pipelines.cells import harmless
from sonitemi_pipelines.errors import SettingsError

FORMATS = ("table", "csv", "json", "parquet")
_ROWS_AT_ONCE = 10_000
_ROWS_IN_A_TERMINAL = 200
_ALL = 2**31 - 1


def show(answer: duckdb.DuckDBPyRelation, out: TextIO) -> None:
    """A table: as wide as the terminal and of its first rows, or all of it when it goes elsewhere."""
    with contextlib.redirect_stdout(out):
        if out.isatty():
            answer.show(max_width=shutil.get_terminal_size().columns, max_rows=_ROWS_IN_A_TERMINAL)
        else:
            answer.show(max_width=_ALL, max_rows=_ALL, max_col_width=_ALL)


def write_csv(answer: duckdb.DuckDBPyConnection, out: TextIO, *, safe: bool) -> None:
    """Comma-separated values with a header; `safe` puts an apostrophe before what a spreadsheet would run."""
    # Not by way of pandas, which makes doubles of decimals.
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_names(answer))
    for row in _rows(answer):
        cells = [_text_of_bytes(value) if isinstance(value, bytes) else value for value in row]
        writer.writerow([harmless(cell) for cell in cells] if safe else cells)


def write_json(answer: duckdb.DuckDBPyConnection, out: TextIO) -> None:
    """An array of an object a row; moments and dates in ISO 8601, decimals as numbers, what is not finite as null."""
    names = _names(answer)
    separator = "[\n"
    for row in _rows(answer):
        out.write(separator + json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False))
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def write_parquet(answer: duckdb.DuckDBPyRelation, path: Path | None) -> None:
    """A Parquet file, at `path` or on standard output.

    Raises:
        SettingsError: standard output is a terminal.
    """
    if path is not None:
        answer.write_parquet(str(path))
        return
    if sys.stdout.isatty():
        raise SettingsError("Parquet is not for a terminal; give --output FILE, or redirect the output")
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / "answer.parquet"
        answer.write_parquet(str(beside))
        with beside.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


def closed_early() -> None:
    """Whoever reads the output has seen enough: say nothing, and let nothing be said at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _names(answer: duckdb.DuckDBPyConnection) -> list[str]:
    return [column[0] for column in answer.description or ()]


def _rows(answer: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := answer.fetchmany(_ROWS_AT_ONCE):
        yield from rows


def _text_of_bytes(value: bytes) -> str:
    """The text of a payload; what is none in Base64."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return _text_of_bytes(value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)
