"""What every test may use: a running sandbox, settings that point at it, an empty home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

import sonitemi_pipelines.vendors  # noqa: F401  (what the lake and the marts know of the vendors comes from there)
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

# How long an example takes says how busy the machine is, and nothing of the code.
hypothesis_settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("suite")

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


@pytest.fixture
def real_folder() -> Path:
    """Real conversations in the vendors' shapes; not part of this repository."""
    if not REAL.is_dir():
        pytest.skip(f"real conversations are not here: {REAL.name} is no folder beside this checkout")
    return REAL


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests put the documentation's pictures: docs/images for `make docs-pictures`, else nowhere that stays."""
    wanted = os.environ.get("SONITEMI_PICTURES")
    return Path(wanted).resolve() if wanted else tmp_path_factory.mktemp("pictures")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Both vendors with a small account."""
    with Sandbox(seed=7, sonix=12, temi=10).running() as running:
        yield running


@pytest.fixture
def settings(sandbox: Sandbox, home: Path) -> Settings:
    return Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
