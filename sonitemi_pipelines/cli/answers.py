"""An answer of DuckDB on standard output, or in a file: as a table, CSV, JSON or Parquet."""

from __future__ import annotations

import base64
import contextlib
import csv
import datetime as dt
import itertools
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
from sonitemi_pipelines.lake.predicates import literal

FORMATS = ("table", "csv", "json", "parquet")
_ROWS_AT_ONCE = 10_000
_ROWS_IN_A_TERMINAL = 200
_ALL = 2**31 - 1
_MOST_DRAWN, _DRAWN_AT_ONCE = 10_000, 8_192
_ANSWER = "sonitemi_answer"


@contextlib.contextmanager
def written_to(path: Path | None) -> Iterator[TextIO]:
    """Standard output; or a file at `path`, in the place of one that is there once the whole answer is written."""
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as device:
            yield device
        return
    place = path.resolve()
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def show(connection: duckdb.DuckDBPyConnection, sql: str, out: TextIO) -> None:
    """The answer as a table: as wide as the terminal and of its first rows, or all of it when it goes elsewhere."""
    answer = connection.sql(sql)
    with contextlib.redirect_stdout(out):
        if out.isatty():
            answer.show(max_width=shutil.get_terminal_size().columns, max_rows=_ROWS_IN_A_TERMINAL)
        elif answer.limit(1, offset=_MOST_DRAWN).aggregate("count(*)").fetchall() == [(1,)]:
            _show_in_parts(connection, sql)
        else:
            answer.show(max_width=_ALL, max_rows=_ALL, max_col_width=_ALL)


def _show_in_parts(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """A table for every few thousand rows: of a larger one DuckDB would leave out the rest, unsaid."""
    import pyarrow as pa

    connection.execute("SET arrow_lossless_conversion = true")
    [(zone,)] = connection.execute("SELECT current_setting('TimeZone')").fetchall()
    drawing = duckdb.connect()
    drawing.execute(f"SET TimeZone = {literal(zone)}")
    for batch in connection.sql(sql).fetch_arrow_reader(_DRAWN_AT_ONCE):
        part = drawing.from_arrow(pa.Table.from_batches([batch]))
        part.show(max_width=_ALL, max_rows=_ALL, max_col_width=_ALL)


def write_csv(answer: duckdb.DuckDBPyConnection, out: TextIO, *, safe: bool) -> None:
    """Comma-separated values with a header; `safe` puts an apostrophe before what a spreadsheet would run."""
    # Not by way of pandas, which makes doubles of decimals.
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_names(answer))
    for row in _rows(answer):
        cells = [_text_of_bytes(value) if isinstance(value, bytes) else value for value in row]
        writer.writerow([harmless(cell) for cell in cells] if safe else cells)


def write_json(answer: duckdb.DuckDBPyConnection, out: TextIO) -> None:
    """An array of an object a row; moments and dates in ISO 8601, decimals as numbers, what is not finite as null.

    Of columns of one name, as a join has them, the further ones are numbered as DuckDB does in Parquet: `day_1`.
    """
    names = _told_apart(_names(answer))
    separator = "[\n"
    for row in _rows(answer):
        out.write(separator + json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False))
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def write_parquet(connection: duckdb.DuckDBPyConnection, sql: str, path: Path | None) -> None:
    """The answer as a Parquet file, at `path` or on standard output.

    Raises:
        SettingsError: standard output is a terminal.
    """
    answer = connection.sql(sql)
    # DuckDB 2.0 waits for ever where a query fails while its answer is being written: it is worked out before.
    with contextlib.suppress(duckdb.ParserException):
        # Which says of EXPLAIN and CALL that they cannot be stored; they are worked out by now.
        connection.execute(f"CREATE TEMP TABLE {_ANSWER} AS {sql}")
        answer = connection.table(_ANSWER)
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


def _told_apart(names: list[str]) -> list[str]:
    """Each name once: an object holds one value of a name."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in itertools.count(1))
        found.append(next(told for told in itertools.chain([name], numbered) if told not in found))
    return found


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
