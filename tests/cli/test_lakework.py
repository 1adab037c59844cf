"""`sonitemi maintain` and `rebuild`, on a lake of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import Warehouse

from .conftest import invoke

SAID = "SELECT provider, recording_id, variant, word_index, text FROM words ORDER BY ALL"


@pytest.mark.slow
def test_maintenance_and_a_rebuild_change_nothing_that_was_said(synced: Settings, tmp_path: Path) -> None:
    """Neither calls a vendor: there is no key in this environment."""
    home = tmp_path / "home"
    shutil.copytree(synced.home, home)
    env = {"SONITEMI_HOME": str(home)}
    with Warehouse(synced.warehouse) as warehouse:
        before = warehouse.sql(SAID).fetchall()
    done = invoke("maintain", "--json", env=env)
    assert done.exit_code == 0, done.output
    assert {"words", "transcripts"} <= {table["table"] for table in json.loads(done.stdout)}
    assert "files fewer in use" in invoke("maintain", env=env).stdout
    done = invoke("rebuild", env=env)
    assert done.exit_code == 0, done.output
    assert "transcripts read again" in done.stdout
    with Warehouse(home / "warehouse.duckdb") as warehouse:
        assert warehouse.sql(SAID).fetchall() == before
