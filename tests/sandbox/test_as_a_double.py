"""The sandbox as the double in somebody else's tests: a context manager, and fixtures that pytest finds by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

THEIRS = """\
import os

from sonitemi_pipelines import SonixClient, open_warehouse, run_sync
from sonitemi_pipelines.sandbox import Sandbox


def test_what_arrives_stands_in_the_warehouse(sonitemi_settings, sonitemi_sandbox):
    assert run_sync(sonitemi_settings).complete
    [media] = sonitemi_sandbox.add_sonix(1)
    assert run_sync(sonitemi_settings).complete
    with open_warehouse(sonitemi_settings.warehouse) as warehouse:
        [[found]] = warehouse.sql("SELECT count(*) FROM transcripts WHERE recording_id = ?", [media]).fetchall()
    assert found == 1


def test_a_client_finds_the_sandbox_in_the_environment(sonitemi_env):
    assert sorted(name for name in os.environ if name.startswith("SONI")) == [
        "SONITEMI_HOME", "SONIX_API_KEY", "SONIX_BASE_URL",
    ]
    assert len(list(SonixClient().media.list())) == 3


def test_an_account_of_ones_own():
    with Sandbox(sonix=5, temi=0, sonix_key="mine").running() as sandbox:
        assert len(list(SonixClient("mine", sandbox.base_url).media.list())) == 5
"""


@pytest.mark.slow
def test_a_test_in_a_fresh_folder_has_both_vendors_by_a_fixture(tmp_path: Path) -> None:
    """Whoever builds on this writes a mock of two APIs otherwise, and it agrees with them by chance."""
    (tmp_path / "test_theirs.py").write_text(THEIRS)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "SONIX_", "TEMI_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_theirs.py"],
        cwd=tmp_path,
        env={**env, "SONITEMI_HOME": "/nowhere", "SONITEMI_IN_FLIGHT": "none of ours"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_sandbox_needs_no_pytest_and_pytest_loads_nothing_of_it_at_its_start() -> None:
    """An entry point is loaded at each start of pytest, in every project of the environment."""
    script = "import sys, {}; print([m for m in ('pytest', 'starlette', 'pyarrow', 'duckdb') if m in sys.modules])"
    for module, loaded in (("sonitemi_pipelines.pytest_plugin", "['pytest']"), ("sonitemi_pipelines.sandbox", None)):
        done = subprocess.run([sys.executable, "-c", script.format(module)], capture_output=True, text=True, check=True)
        assert ("pytest" in done.stdout) == (loaded is not None)
        assert loaded is None or done.stdout.strip() == loaded
