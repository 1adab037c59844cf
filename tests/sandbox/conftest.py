"""The sandbox over real HTTP, one for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sonitemi_pipelines.sandbox import Sandbox

from .vendor import Vendor


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(minutes=(0.3, 0.6), task_seconds=None).running() as running:
        yield running


@pytest.fixture
def sonix(sandbox: Sandbox) -> Vendor:
    return Vendor(sandbox, "sonix")


@pytest.fixture
def temi(sandbox: Sandbox) -> Vendor:
    return Vendor(sandbox, "temi")
