"""A home that one sync has filled, and commands run in this process, which is quicker than one of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

Run = Callable[..., Result]


def invoke(*args: str, env: dict[str, str], stdin: str | None = None) -> Result:
    """Run `sonitemi ARGS` with these variables and no other of ours."""
    unset = {name: None for name in os.environ if name.startswith(("SONIX_", "TEMI_", "SONITEMI_"))}
    return CliRunner().invoke(main, list(args), env={**unset, **env}, input=stdin)


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with Sandbox(seed=7, sonix=12, temi=10).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(tmp_path_factory.mktemp("synced"))})
        assert run_sync(settings).complete
    return settings


@pytest.fixture
def run(synced: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in a folder of its own, on the home that is synced."""
    monkeypatch.chdir(tmp_path)
    return lambda *args, stdin=None: invoke(*args, env={"SONITEMI_HOME": synced.home}, stdin=stdin)
