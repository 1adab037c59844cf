"""The data dictionary says what the code does."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sonitemi_pipelines.marts import load_marts, load_views


def test_dictionary_is_up_to_date() -> None:
    """Definitions are those of last month's columns: run `python docs/make_dictionary.py`, commit the page."""
    path = Path(__file__).resolve().parents[2] / "docs" / "make_dictionary.py"
    spec = importlib.util.spec_from_file_location("make_dictionary", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = module.PAGE.read_text(encoding="utf-8")
    assert page == module.dictionary()
    assert all(f"## {name}\n" in page for name in [*load_marts(), *load_views()])
