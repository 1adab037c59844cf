"""Lake tables as SQL that DuckDB can run, without any DuckDB extension."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import DataFile, Lake

_DUCKDB_TYPES: dict[pa.DataType, str] = {
    pa.string(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
}
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


def duckdb_types(table: Table) -> dict[str, str]:
    """Column -> DuckDB type, without asking DuckDB: every process that loads the definitions needs all of them."""
    return {field.name: _duckdb_type(field.type) for field in table.schema}


def _duckdb_type(arrow: pa.DataType) -> str:
    if pa.types.is_list(arrow):
        return f"{_duckdb_type(arrow.value_type)}[]"
    if pa.types.is_decimal(arrow):
        return f"DECIMAL({arrow.precision},{arrow.scale})"
    return _DUCKDB_TYPES[arrow]


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
        connection.execute(f"DROP VIEW IF EXISTS temp.{view}")
        connection.register(name or table.name, handle.to_pyarrow_dataset())
