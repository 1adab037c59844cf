"""Every byte below a folder, also of what is compressed: where does one of these words stand?"""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow.parquet as pq


def places_that_hold(folder: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """Word -> files below the folder that hold it: as it is, gzipped, in Parquet, or in a table of DuckDB or SQLite."""
    found: dict[str, list[str]] = {}
    wanted = {word: word.encode() for word in words}
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.is_symlink():
            continue
        contents = list(_contents(file))
        for word, as_bytes in wanted.items():
            if any(as_bytes in content for content in contents):
                found.setdefault(word, []).append(str(file.relative_to(folder)))
    return found


def _contents(file: Path) -> Iterator[bytes]:
    raw = file.read_bytes()
    yield raw
    if file.suffix == ".parquet" and raw[:4] == b"PAR1" == raw[-4:]:
        yield str(pq.read_table(file, partitioning=None).to_pylist()).encode("utf-8", "backslashreplace")
    elif raw[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    yield b" ".join(_unpacked(value) for value in row)
    elif raw[:2] == b"\x1f\x8b":
        try:
            yield gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            return
    elif raw[8:12] == b"DUCK":
        with duckdb.connect(str(file), read_only=True) as connection:
            [*tables] = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"
            ).fetchall()
            for schema, table in tables:
                rows = connection.execute(f'SELECT CAST(t AS VARCHAR) FROM "{schema}"."{table}" t').fetchall()
                yield str(rows).encode("utf-8", "backslashreplace")


def _unpacked(value: object) -> bytes:
    content = value if isinstance(value, bytes) else str(value).encode("utf-8", "backslashreplace")
    try:
        return zlib.decompress(content)
    except zlib.error:
        return content
