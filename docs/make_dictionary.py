"""Writes `docs/data_dictionary.md` from the lake schemas and mart headers."""

from __future__ import annotations

from pathlib import Path

from sonitemi_pipelines.lake.scan import duckdb_types
from sonitemi_pipelines.lake.schemas import TABLES, Table
from sonitemi_pipelines.marts.model import load_steps
from sonitemi_pipelines.marts.seeds import threshold_definitions
from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.vendors import VENDORS

PAGE = Path(__file__).with_name("data_dictionary.md")


def render() -> str:
    """The whole page."""
    own = {table.name: table for vendor in VENDORS.values() for table in vendor.tables}
    tables = [*own.values(), *(table for name, table in TABLES.items() if name not in own)]
    marts = {name: mart for name, mart in load_steps().items() if mart.stored or mart.is_view}
    lines = [
        "# Data dictionary",
        "",
        "Generated from the code by `make docs`; do not edit. Every table is in the lake and, under the same name, in "
        "`warehouse.duckdb`. Timestamps are UTC. Positions in the media are milliseconds from its start. Each nullable "
        "column says when it is NULL; in a vendor's lists (the tables named after it), NULL means that the vendor did "
        "not send the value.",
        "",
        "| table | one row per |",
        "|---|---|",
        *(f"| [{table.name}](#{table.name}) | {_cell(_first_sentence(table.doc))} |" for table in tables),
        *(f"| [{mart.name}](#{mart.name}) | {_cell(_first_sentence(mart.description))} |" for mart in marts.values()),
        "",
        "# Lake tables",
        "",
    ]
    for table in tables:
        lines += _section(table, [])
    lines += ["# Marts", ""]
    for mart in marts.values():
        dialect = "" if mart.portable else " DuckDB only."
        where = " A view in the warehouse, not stored in the lake." if mart.is_view else ""
        lines += _section(mart.table, [f"Grain: {mart.grain}. Reads {', '.join(mart.depends_on)}.{dialect}{where}", ""])
    lines += ["# Thresholds", "", "| name | value | unit | definition |", "|---|---|---|---|"]
    for row in threshold_definitions(sql_folder() / "seeds"):
        lines.append(f"| {row['name']} | {row['value']} | {row['unit']} | {_cell(row['definition'])} |")
    return "\n".join(lines) + "\n"


def _section(table: Table, notes: list[str]) -> list[str]:
    types = duckdb_types(table)
    return [
        f"## {table.name}",
        "",
        table.doc,
        "",
        *notes,
        f"Key: {', '.join(table.key)}.",
        "",
        "| column | type | unit | meaning |",
        "|---|---|---|---|",
        *(f"| {c.name} | {types[c.name]} | {c.unit} | {_cell(c.doc)} |" for c in table.columns),
        "",
    ]


def _first_sentence(text: str) -> str:
    return text.split(": ")[0].split(". ")[0].removeprefix("One row per ").rstrip(".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
