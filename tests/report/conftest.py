"""Conversations in a warehouse, synced from the sandbox, and pages made from them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home that one sync of a small account has filled."""
    with Sandbox(seed=7, sonix=12, temi=8).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(tmp_path_factory.mktemp("report"))})
        assert run_sync(settings).complete
    return settings


@pytest.fixture
def warehouse(synced: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(synced.warehouse) as connection:
        yield connection


@pytest.fixture(scope="session")
def talk(synced: Settings) -> tuple[str, str]:
    """The conversation with most interruptions among those with a page at the vendor and nothing to distrust."""
    with open_warehouse(synced.warehouse) as connection:
        rows = connection.execute(
            "SELECT s.provider, s.recording_id FROM conversation_stats AS s JOIN recordings AS r "
            "USING (provider, recording_id) WHERE s.variant = 'latest' AND r.url IS NOT NULL AND NOT s.low_quality "
            "ORDER BY s.interruptions DESC, s.recording_id LIMIT 1"
        ).fetchall()
    [(provider, recording_id)] = rows
    return provider, recording_id
