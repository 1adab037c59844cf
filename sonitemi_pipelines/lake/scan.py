"""Lake tables as SQL that DuckDB can run, without any DuckDB extension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import DataFile, Lake
from sonitemi_pipelines.lake.upgrade import grown, lacking

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


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def select_files(table: Table, files: Sequence[DataFile]) -> str:
    """A SELECT of these Parquet files with the table's columns, NULL where a file lacks one that came later; of no rows
    when there are no files.
    """
    types = duckdb_types(table)
    if not files:
        typed = ", ".join(f"NULL::{kind} AS {identifier(name)}" for name, kind in types.items())
        return f"SELECT {typed} WHERE false"
    alike: dict[tuple[str, ...], list[str]] = {}
    for path in sorted(file.uri for file in files):
        alike.setdefault(lacking(table, path) if grown(table) else (), []).append(path)
    selects = []
    for missing, paths in alike.items():
        columns = ", ".join(
            f"NULL::{kind} AS {identifier(name)}" if name in missing else identifier(name)
            for name, kind in types.items()
        )
        listed = ", ".join(literal(path) for path in paths)
        selects.append(f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false)")
    return " UNION ALL ".join(selects)


def relation(lake: Lake, table: Table, files: Sequence[DataFile]) -> Any:
    """These files of a table for DuckDB: SQL where they are on a disk, else an Arrow dataset to register."""
    if lake.is_local:
        return select_files(table, files)
    import pyarrow.dataset as ds

    filesystem, root = lake.filesystem(table.name)
    paths = [f"{root}/{unquote(file.path)}".lstrip("/") for file in files]
    return ds.dataset(paths, schema=table.schema, format="parquet", filesystem=filesystem)


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
    """Make a table version queryable on this connection: files on a local disk by path, others as an Arrow dataset.

    Raises:
        LakeError: one of its files is lost.
    """
    with lake.reading(table.name):
        _create_view(connection, lake, table, version, name or table.name)


def _create_view(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, version: int | None, name: str
) -> None:
    view = identifier(name)
    if version is None:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {select_files(table, [])}")
    else:
        source = relation(lake, table, lake.files(table.name, version))
        if isinstance(source, str):
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {source}")
        else:
            connection.execute(f"DROP VIEW IF EXISTS temp.{view}")
            connection.register(name, source)
