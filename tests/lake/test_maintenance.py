"""Maintenance makes the lake smaller, and nobody who reads it notices."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pytest

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake import maintenance
from sonitemi_pipelines.lake.consistency import doubled_transcripts, miscounted_transcripts
from sonitemi_pipelines.lake.maintenance import Maintenance, maintain
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS, WORDS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import publish_versions
from sonitemi_pipelines.pipeline.run import ingest_transcripts
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.lists import sync_media
from sonitemi_pipelines.vendors.sonix.vendor import SONIX
from sonitemi_pipelines.warehouse.publish import publish

WEEK = dt.timedelta(days=7)
WORDS_SUM = "SELECT count(*), count(DISTINCT recording_id), sum(hash(text, word_index)) FROM words"


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.from_env({"SONITEMI_HOME": str(home)})


@pytest.fixture
def lake(settings: Settings) -> Lake:
    """Eight transcripts of one day, each committed by a run of its own."""
    with Sandbox(seed=4, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        at = Settings.from_env({**sandbox.env, "SONITEMI_HOME": settings.home})
        lake, client = Lake.from_settings(at), SonixClient.from_settings(at)
        for _ in range(8):
            sandbox.add_sonix(at=dt.datetime(2026, 1, 5, 10))
            sync_media(lake, client, Scope(), in_flight=4)
            ingest_transcripts(SONIX, lake, client, Scope(), at)
        publish(lake, settings.warehouse, TABLES.values())
        return lake


def run(lake: Lake, settings: Settings, retention: dt.timedelta = WEEK) -> dict[str, Maintenance]:
    done = maintain(lake, TABLES.values(), retention, lambda: publish(lake, settings.warehouse, TABLES.values()))
    return {table.table: table for table in done}


def age(folder: Path, days: float) -> None:
    moment = time.time() - days * 86_400
    for file in folder.rglob("*.parquet"):
        os.utime(file, (moment, moment))


def test_many_small_files_become_few_and_every_reader_goes_on(lake: Lake, settings: Settings) -> None:
    """A warehouse opened or copied before goes on naming the old files, so they stay for the retention."""
    before = duckdb.connect(str(settings.warehouse), read_only=True)
    expected = before.execute(WORDS_SUM).fetchall()
    copy = settings.warehouse.with_name("copy.duckdb")
    shutil.copyfile(settings.warehouse, copy)
    done = run(lake, settings)
    assert (done["words"].files_before, done["words"].files_after, done["words"].vacuumed) == (8, 1, 0)
    assert done["transcripts"].files_after < done["transcripts"].files_before
    assert before.execute(WORDS_SUM).fetchall() == expected
    before.close()
    for path in (copy, settings.warehouse):
        with duckdb.connect(str(path), read_only=True) as connection:
            assert connection.execute(WORDS_SUM).fetchall() == expected
    assert miscounted_transcripts(lake) == {}
    again = run(lake, settings)
    assert all(table.files_before == table.files_after for table in again.values()), "a second time finds nothing to do"


def test_files_out_of_use_longer_than_the_retention_go_and_those_in_use_never(lake: Lake, settings: Settings) -> None:
    words = Path(lake.location("words"))
    run(lake, settings)
    in_use = {file.uri for file in lake.files("words", lake.snapshot(["words"])["words"])}
    left_behind = words / "part-left-behind-by-a-killed-writer.parquet"
    shutil.copyfile(next(iter(in_use)), left_behind)
    age(words, days=30)
    fresh = left_behind.with_name("part-of-a-writer-at-work.parquet")
    shutil.copyfile(next(iter(in_use)), fresh)
    run(lake, settings)
    assert not left_behind.exists()
    assert fresh.exists()
    assert all(Path(uri).exists() for uri in in_use)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(DISTINCT recording_id) FROM words").fetchall() == [(8,)]


@pytest.mark.slow
def test_a_lake_that_gets_nothing_new_for_months_is_maintained_every_week(
    lake: Lake, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vacuum is a version too: readers' headers must not stay behind, on one whose log is cleaned up one day."""
    monkeypatch.setattr(maintenance, "SHORTEST_RETENTION", dt.timedelta(0))
    run(lake, settings)
    assert run(lake, settings, dt.timedelta(0))["words"].vacuumed == 8
    for _ in range(7):
        for log in Path(lake.url).rglob("_delta_log/*"):
            os.utime(log, (log.stat().st_mtime - 8 * 86_400,) * 2)
        run(lake, settings, dt.timedelta(0))
    again = Lake.from_settings(settings)
    assert miscounted_transcripts(again) == {}
    assert again.read(WORDS).num_rows == pc.sum(again.read(TRANSCRIPTS)["token_count"]).as_py() > 0
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(DISTINCT recording_id) FROM words").fetchall() == [(8,)]


def test_a_retention_that_could_hurt_readers_is_refused(lake: Lake, settings: Settings) -> None:
    with pytest.raises(LakeError, match="keep them for at least a day"):
        run(lake, settings, dt.timedelta(hours=2))


def test_an_empty_lake_is_maintained_without_an_error(home: Path) -> None:
    settings = Settings.from_env({"SONITEMI_HOME": str(home)})
    done = run(Lake.from_settings(settings), settings)
    assert {(table.files_before, table.files_after, table.vacuumed) for table in done.values()} == {(0, 0, 0)}


def test_a_doubled_header_and_lost_words_are_found_by_name(lake: Lake) -> None:
    """Readers would count every word of such a transcript twice, or miss some."""
    assert (doubled_transcripts(lake), miscounted_transcripts(lake)) == ([], {})
    first, second = lake.read(TRANSCRIPTS).sort_by("recording_id").slice(0, 2).to_pylist()
    words = lake.open("words")
    assert words is not None
    words.delete(f"recording_id = '{second['recording_id']}' AND word_index = 0")
    publish_versions(lake)
    assert miscounted_transcripts(lake) == {"words": [f"sonix {second['recording_id']} latest"]}
    lake.append(TRANSCRIPTS, TRANSCRIPTS.from_rows([first]))
    assert doubled_transcripts(lake) == [f"sonix {first['recording_id']} latest"]
    assert WORDS.name in miscounted_transcripts(lake)
