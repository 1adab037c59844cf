"""The page of examples shows every question as it is asked today, with an answer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from sonitemi_pipelines.parsing.seeds import sql_folder

EXAMPLES = sorted((sql_folder() / "examples").glob("*.sql"))


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "docs" / "make_examples.py"
    spec = importlib.util.spec_from_file_location("make_examples", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_page_has_the_example(maker: ModuleType, path: Path) -> None:
    """The page lacks a question or shows old SQL: run `make docs`, commit the page."""
    page = maker.PAGE.read_text(encoding="utf-8")
    expected = maker.question_and_sql(path)
    assert expected in page
    answer = page.partition(expected)[2].lstrip("\n")
    assert answer.startswith(("| ", "No rows."))


def test_page_names_no_machine(maker: ModuleType) -> None:
    """An address of the machine that made the page is published with it."""
    assert "127.0.0.1" not in maker.PAGE.read_text(encoding="utf-8")
