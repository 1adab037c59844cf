"""The notebook of the documentation, run cell by cell on a warehouse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.settings import Settings

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebooks" / "analyst.ipynb"


def test_the_notebook_runs_from_top_to_bottom(synced: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An analyst copies it first of all; a cell that fails is the end of the first ten minutes."""
    monkeypatch.setenv("SONITEMI_HOME", synced.home)
    found: dict[str, Any] = {}
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        assert not cell["outputs"], "what an account holds does not belong into the repository"
        exec(compile(cell["source"], cell["id"], "exec"), found)
    assert len(found["corpus"]) > 1
    assert len(found["speakers"]) == 10
    assert len(found["turns"]) > 1
    assert list(found["found"].columns[:2]) == ["provider", "recording_id"]
