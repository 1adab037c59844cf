"""Fills the answers into `README.md`: what a SQL block above `<!-- answer -->` gives on the demo's recordings."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import duckdb

from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse

PAGE = Path(__file__).parents[1] / "README.md"
_ASKED = re.compile(r"(```sql\n(.*?)```\n\n<!-- answer -->\n).*?(<!-- end -->)", re.DOTALL)


def render() -> str:
    """The page, with answers of today's code."""
    with tempfile.TemporaryDirectory() as home, Sandbox(seed=1).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": home})
        run_sync(settings)
        with open_warehouse(settings.warehouse) as connection:
            return _ASKED.sub(
                lambda asked: f"{asked[1]}\n{_answer(connection, asked[2])}\n{asked[3]}",
                PAGE.read_text(encoding="utf-8"),
            )


def _answer(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or []]
    rows = [[_cell(value) for value in row] for row in found.fetchall()]
    return "".join(f"| {' | '.join(row)} |\n" for row in [names, ["---"] * len(names), *rows])


def _cell(value: object) -> str:
    if isinstance(value, float):
        value = f"{value:g}"
    return "" if value is None else str(value).replace("|", "\\|")
