"""The public face in Python, as a notebook uses it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pandas as pd
import pytest

import sonitemi_pipelines
from sonitemi_pipelines import SonixClient, TemiClient, open_warehouse
from sonitemi_pipelines.errors import SettingsError, WarehouseError
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    with Sandbox(seed=3, sonix=5, temi=4).running() as sandbox:
        yield sandbox


@pytest.fixture
def env(account: Sandbox, synced: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**account.env, "SONITEMI_HOME": synced.home}.items():
        monkeypatch.setenv(name, value)


def test_the_warehouse_of_the_environment_opens_and_answers(env: None) -> None:
    with open_warehouse() as warehouse:
        assert warehouse.sql("SELECT count(*) FROM recordings").fetchall() == [(22,)]
        found = warehouse.df("SELECT provider, count(*) AS n FROM recordings GROUP BY ALL ORDER BY ALL")
        assert found.to_dict("list") == {"provider": ["sonix", "temi"], "n": [12, 10]}
        assert warehouse.sql("SELECT ? AS n", [7]).fetchall() == [(7,)]
        assert warehouse.table("overlaps").columns[:3] == ["provider", "recording_id", "variant"]
        assert "overlaps" in warehouse.tables()


def test_a_phrase_is_found_where_it_was_said(env: None) -> None:
    with open_warehouse() as warehouse:
        [(text,), *_] = warehouse.sql("SELECT text FROM turns WHERE word_count > 5 AND variant = 'latest'").fetchall()
        phrase = " ".join(text.split()[:2])
        found = warehouse.search(phrase)
        assert found.fetchall()
        assert not warehouse.search(phrase, provider="none").fetchall()


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda warehouse: warehouse.sql("SELEKT 1"), "the warehouse cannot answer"),
        (lambda warehouse: warehouse.df("SELECT nope FROM recordings"), "the warehouse cannot answer"),
        (lambda warehouse: warehouse.table("nope"), "has no table nope"),
        (lambda warehouse: warehouse.sql("SELECT 1 WHERE"), "the warehouse cannot answer"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(env: None, ask, told) -> None:
    with open_warehouse() as warehouse, pytest.raises(WarehouseError, match=told):
        ask(warehouse)


def test_clients_without_arguments_read_the_environment(env: None, account: Sandbox) -> None:
    assert SonixClient().session.base_url == account.env["SONIX_BASE_URL"]
    assert TemiClient().account.get().balance is not None


def test_an_empty_key_never_becomes_the_one_of_the_environment(env: None) -> None:
    """It may be another account's: what it lists would land in the wrong lake."""
    for client in (SonixClient, TemiClient):
        with pytest.raises(SettingsError, match="is empty"):
            client("")
        with pytest.raises(SettingsError, match="is empty"):
            client(None)  # type: ignore[arg-type]


def test_a_key_that_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for client, name in ((SonixClient, "SONIX_API_KEY"), (TemiClient, "TEMI_API_KEY")):
        monkeypatch.delenv(name, raising=False)
        with pytest.raises(SettingsError, match=f"{name} is not set"):
            client()


def test_records_become_dicts_and_lists_frames(env: None) -> None:
    [media, *_] = SonixClient().media.list()
    as_dict = media.to_dict()
    assert as_dict["id"] == media.id
    assert as_dict["created_at"] == media.created_at
    frame = SonixClient().media.list().to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame["id"]) == [media.id for media in SonixClient().media.list()]
    assert len(SonixClient().users.list().to_frame()) == len(SonixClient().users.list())
    assert set(TemiClient().jobs.list().to_frame().columns) >= {"id", "status", "created_on"}


def test_what_is_public_is_there_and_costs_nothing_until_it_is_used() -> None:
    assert all(getattr(sonitemi_pipelines, name) for name in sonitemi_pipelines.__all__)
    heavy = "import sonitemi_pipelines, sys; print([m for m in ('duckdb', 'pandas', 'deltalake') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = sonitemi_pipelines.nope
