"""A ledger of its own for each test, and clients for a vendor on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.paid import Ledger
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return Ledger(Lake.from_settings(settings))


@pytest.fixture
def sonix(sandbox: Sandbox) -> SonixClient:
    return SonixClient(sandbox.env["SONIX_API_KEY"], sandbox.base_url, backoff=0.01, read_timeout=5.0)


@pytest.fixture
def temi(sandbox: Sandbox) -> TemiClient:
    return TemiClient(sandbox.env["TEMI_API_KEY"], sandbox.base_url, backoff=0.01, read_timeout=5.0)


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """A recording to submit."""
    path = tmp_path / "call.mp3"
    path.write_bytes(b"sound of a call")
    return path
