"""Marts that nobody stores: views of the warehouse over stored marts, right at once and free until asked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.scan import identifier, select_files
from sonitemi_pipelines.lake.schemas import Column, Table
from sonitemi_pipelines.marts.header import SQL_NAMES
from sonitemi_pipelines.marts.model import Mart, load_steps
from sonitemi_pipelines.marts.seeds import load_seeds, run_inputs
from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.settings import Settings


def load_views(folder: Path | None = None) -> dict[str, Mart]:
    """The marts that are views of the warehouse, by name. Arguments and errors of `load_steps`."""
    return {name: mart for name, mart in load_steps(folder).items() if mart.is_view}


def view_select(
    mart: Mart, settings: Settings | None = None, folder: Path | None = None, unreadable: list[str] | None = None
) -> str:
    """The SELECT of a view over tables of the warehouse; what else it reads, such as seeds, is part of it.

    Args:
        settings: for the configured rates and the user's speaker map; without it both are unknown.
        folder: the `sql` folder; default the package's own.
        unreadable: as in `run_inputs`.
    """
    inputs = {name: seed.rows for name, seed in load_seeds((folder or sql_folder()) / "seeds").items()}
    inputs |= run_inputs(settings, unreadable)
    given = [f"{identifier(name)} AS ({_values(inputs[name])})" for name in mart.reads if name in inputs]
    columns = ", ".join(
        f"CAST(own.{identifier(column.name)} AS {SQL_NAMES[column.type]}) AS {identifier(column.name)}"
        for column in mart.columns
    )
    return f"{'WITH ' + ', '.join(given) if given else ''} SELECT {columns} FROM ({mart.sql}) AS own"


def _values(rows: pa.Table) -> str:
    names = ", ".join(map(identifier, rows.schema.names))
    values = ", ".join(f"({', '.join(map(_value, row.values()))})" for row in rows.to_pylist())
    if not values:
        columns = tuple(Column(field.name, field.type, "") for field in rows.schema)
        return select_files(Table("given", "", (), columns), [])
    return f"SELECT * FROM (VALUES {values}) AS given ({names})"


def _value(value: str | int | Decimal | None) -> str:
    if value is None:
        return "NULL"
    return literal(value) if isinstance(value, str) else str(value)
