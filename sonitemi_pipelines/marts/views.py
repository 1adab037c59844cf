"""Marts that nobody stores: views of the warehouse over stored marts, right at once and free until asked."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.scan import identifier
from sonitemi_pipelines.marts.header import SQL_NAMES
from sonitemi_pipelines.marts.model import Mart, load_steps, sql_folder
from sonitemi_pipelines.marts.seeds import load_seeds


def load_views(folder: Path | None = None) -> dict[str, Mart]:
    """The marts that are views of the warehouse, by name. Arguments and errors of `load_steps`."""
    return {name: mart for name, mart in load_steps(folder).items() if mart.is_view}


def view_select(mart: Mart, folder: Path | None = None) -> str:
    """The SELECT of a view over tables of the warehouse; the seeds it reads, which are not there, are part of it."""
    seeds = load_seeds((folder or sql_folder()) / "seeds")
    given = [f"{identifier(name)} AS ({_values(seeds[name].rows)})" for name in mart.reads if name in seeds]
    columns = ", ".join(
        f"CAST(own.{identifier(column.name)} AS {SQL_NAMES[column.type]}) AS {identifier(column.name)}"
        for column in mart.columns
    )
    return f"{'WITH ' + ', '.join(given) if given else ''} SELECT {columns} FROM ({mart.sql}) AS own"


def _values(rows: pa.Table) -> str:
    names = ", ".join(map(identifier, rows.schema.names))
    values = ", ".join(f"({', '.join(map(_value, row.values()))})" for row in rows.to_pylist())
    return f"SELECT * FROM (VALUES {values}) AS seed ({names})"


def _value(value: str | int) -> str:
    return literal(value) if isinstance(value, str) else str(value)
