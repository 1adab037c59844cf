"""The data dictionary has a section for everything people can ask."""

from __future__ import annotations

from pathlib import Path

from sonitemi_pipelines.marts import load_marts, load_views


def test_every_mart_and_view_has_its_section() -> None:
    """Whoever meets a table in the warehouse looks it up there. That the page is new: tests/docs/test_pages.py."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    assert all(f"## {name}\n" in page for name in [*load_marts(), *load_views()])
