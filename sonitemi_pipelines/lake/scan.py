"""Lake tables as SQL that DuckDB can run, without any DuckDB extension."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import duckdb

from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import DataFile, Lake

_HIVE_TYPES = {"provider": "VARCHAR", "day": "DATE"}


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def select_files(table: Table, files: Sequence[DataFile]) -> str:
    """A SELECT of these Parquet files with the table's columns; of no rows when there are no files."""
    columns = ", ".join(identifier(name) for name in table.schema.names)
    if not files:
        typed = ", ".join(f"NULL::{kind} AS {identifier(name)}" for name, kind in duckdb_types(table).items())
        return f"SELECT {typed} WHERE false"
    paths = ", ".join(literal(path) for path in sorted(file.uri for file in files))
    hive = ""
    if table.partition_by:
        types = ", ".join(f"{name}: {_HIVE_TYPES[name]}" for name in table.partition_by)
        hive = f", hive_partitioning = true, hive_types = {{{types}}}"
    return f"SELECT {columns} FROM read_parquet([{paths}]{hive})"


@cache
def duckdb_types(table: Table) -> dict[str, str]:
    """Column -> DuckDB type, as DuckDB itself maps the Arrow types."""
    with duckdb.connect() as connection:
        connection.register("empty", table.schema.empty_table())
        return {
            str(name): str(kind) for name, kind, *_ in connection.execute("DESCRIBE SELECT * FROM empty").fetchall()
        }


def create_view(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, version: int | None, *, name: str | None = None
) -> None:
    """Make a table version queryable on this connection: files on a local disk by path, others as an Arrow dataset."""
    view = identifier(name or table.name)
    if version is None:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {select_files(table, [])}")
    elif "://" not in lake.url:
        files = lake.files(table.name, version)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {select_files(table, files)}")
    else:
        handle = lake.open(table.name, version)
        assert handle is not None
        connection.register(name or table.name, handle.to_pyarrow_dataset())
