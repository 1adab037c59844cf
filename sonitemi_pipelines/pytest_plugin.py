"""Fixtures for the tests of those who build on this package; pytest finds them by itself where it is installed.

def test_what_i_build(sonitemi_settings):
    run_sync(sonitemi_settings)
    with open_warehouse(sonitemi_settings.warehouse) as warehouse:
        ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sonitemi_pipelines.environment import environment

# pytest loads this at each start, so what takes longer to load waits for the first fixture.
if TYPE_CHECKING:
    from sonitemi_pipelines.sandbox import Sandbox
    from sonitemi_pipelines.settings import Settings


@pytest.fixture
def sonitemi_account() -> Mapping[str, Any]:
    """What is in the accounts: arguments of `Sandbox`. Define a fixture of this name to have others."""
    from sonitemi_pipelines.sandbox.sandbox import SMALL

    return SMALL


@pytest.fixture
def sonitemi_sandbox(sonitemi_account: Mapping[str, Any]) -> Iterator[Sandbox]:
    """Both vendors, running on this machine for one test: add, complete, edit and delete recordings, let calls fail."""
    from sonitemi_pipelines.sandbox import Sandbox

    with Sandbox(**sonitemi_account).running() as sandbox:
        yield sandbox


@pytest.fixture
def sonitemi_env(sonitemi_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The environment of the test points at the sandbox and at an empty home, and nowhere else; gives what it set."""
    prefixes = ("SONITEMI_", *(f"{name.partition('_')[0]}_" for name in sonitemi_sandbox.env))
    for name in [name for name in environment() if name.startswith(prefixes)]:
        monkeypatch.delenv(name)
    env = {**sonitemi_sandbox.env, "SONITEMI_HOME": str(tmp_path / "sonitemi")}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


@pytest.fixture
def sonitemi_settings(sonitemi_env: Mapping[str, str]) -> Settings:
    """The same as settings, for `run_sync`."""
    from sonitemi_pipelines.settings import Settings

    return Settings.from_env(sonitemi_env)
