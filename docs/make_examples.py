"""Writes `docs/examples.md`: the questions of `sql/examples` with their answers on the sandbox."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import duckdb

from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse

PAGE = Path(__file__).with_name("examples.md")
NOW = dt.datetime(2026, 3, 1, 12)
ROWS = 8
_INTRODUCTION = f"""# Example queries

Generated from `sql/examples` by `make docs`; do not edit. The results come from the sandbox with seed 1 and its clock
set to {NOW:%Y-%m-%d %H:%M}; at most {ROWS} rows are shown. Ages and fetch times depend on the clock of your machine.
"""


def render() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as home, Sandbox(seed=1, now=NOW).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": home})
        run_sync(settings)
        with open_warehouse(settings.warehouse) as connection:
            sections = [section(path, connection) for path in sorted((sql_folder() / "examples").glob("*.sql"))]
    return "\n".join([_INTRODUCTION, *sections])


def section(path: Path, connection: duckdb.DuckDBPyConnection) -> str:
    """One question: its SQL and the first rows of its answer."""
    return f"{question_and_sql(path)}\n{_answer(path, connection)}\n"


def question_and_sql(path: Path) -> str:
    """The part of a section that does not depend on the data."""
    first, _, sql = path.read_text(encoding="utf-8").partition("\n")
    return f"## {first.removeprefix('-- ')}\n\n`sql/examples/{path.name}`\n\n```sql\n{sql.rstrip()}\n```\n"


def _answer(path: Path, connection: duckdb.DuckDBPyConnection) -> str:
    found = connection.execute(path.read_text(encoding="utf-8"))
    names = [column[0] for column in found.description or []]
    rows = found.fetchall()
    if not rows:
        return "No rows.\n"
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows[:ROWS]]
    more = f"\n... and {len(rows) - ROWS} more rows.\n" if len(rows) > ROWS else ""
    return "\n".join(lines) + "\n" + more


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
