"""Pages that are made from code say what the code does today."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", DOCS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKERS = _make().makers()
# Its answers are those of the day it was made; `tests/marts/test_example_page.py` holds its questions to the files.
DATED = {"examples"}


# Asks the sandbox for its answers.
SLOW = {"readme"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in sorted(set(MAKERS) - DATED)]
)
def test_the_page_is_what_make_docs_writes(name: str) -> None:
    """Readers would find yesterday's columns, options or texts."""
    maker = MAKERS[name]
    there = maker.PAGE.read_text(encoding="utf-8") if maker.PAGE.exists() else ""
    assert there == maker.render(), (
        f"{maker.PAGE.relative_to(DOCS.parent)} is out of date: run `make docs` and commit it"
    )


def test_every_error_says_what_to_do() -> None:
    """A line that ends with the cause leaves its reader alone with it."""
    rows = [line for line in MAKERS["errors"].render().splitlines() if line.startswith("| ") and line[2] != "-"]
    assert len(rows) > 60
    assert [row for row in rows if " |  | " in row and "(" not in row] == []
