"""The types that Dagster and empty tables show are those DuckDB gives the same columns."""

from __future__ import annotations

import duckdb
import pytest

from sonitemi_pipelines.lake.scan import duckdb_types, select_files
from sonitemi_pipelines.lake.schemas import TABLES, Table
from sonitemi_pipelines.marts import load_marts

ALL = {**TABLES, **{name: mart.table for name, mart in load_marts().items()}}


@pytest.mark.parametrize("table", ALL.values(), ids=ALL.keys())
def test_a_column_has_the_type_that_duckdb_gives_it(table: Table) -> None:
    with duckdb.connect() as connection:
        connection.register("rows", table.schema.empty_table())
        described = connection.execute("DESCRIBE SELECT * FROM rows").fetchall()
        empty = connection.execute(f"DESCRIBE {select_files(table, [])}").fetchall()
    assert duckdb_types(table) == {name: kind for name, kind, *_ in described}
    assert duckdb_types(table) == {name: kind for name, kind, *_ in empty}
