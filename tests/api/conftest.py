"""Both vendors over real HTTP: one sandbox for a module, a clean slate for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.sandbox import Sandbox

from .wire import QUICK


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(seed=1, sonix=12, temi=8).running(port=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.faults.clear()
    server.on_request(None)
    server.set_balance("150.00")
    server.set_batch_credit(True)
    server.reset_counts()
    return server


@pytest.fixture
def sonix(sandbox: Sandbox) -> SonixClient:
    return SonixClient(sandbox.env["SONIX_API_KEY"], sandbox.env["SONIX_BASE_URL"], **QUICK)


@pytest.fixture
def temi(sandbox: Sandbox) -> TemiClient:
    return TemiClient(sandbox.env["TEMI_API_KEY"], sandbox.env["TEMI_BASE_URL"], **QUICK)


@pytest.fixture
def media_id(sandbox: Sandbox) -> str:
    """A completed media of its own for a test to change."""
    return sandbox.add_sonix(n=1, status="completed")[0]


@pytest.fixture
def job_id(sandbox: Sandbox) -> str:
    """A transcribed job of its own for a test to change."""
    return sandbox.add_temi(n=1, status="transcribed")[0]
