"""A recording whose marts cannot be computed is named, tried again, and in nobody's way."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.schemas import MART_FAILURES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts import aside, load_marts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.pipeline.run import publish_what_is_sound
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA

from .talk import DAY, sonix, turn

MARTS = load_marts()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "locks").mkdir()
    lake = Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")
    commit_transcripts(lake, [sonix(turn("Ann", 0, 2000, "um yes"), recording_id=f"r{n}") for n in range(5)])
    return lake


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The marts, one of which cannot read recording r3."""
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    path = folder / "marts" / "filler_words.sql"
    text = path.read_text(encoding="utf-8")
    assert "WHERE l.has_list" in text
    path.write_text(
        text.replace(
            "WHERE l.has_list",
            "WHERE l.has_list AND CASE WHEN w.recording_id = 'r3' THEN error('too odd') ELSE true END",
        ),
        encoding="utf-8",
    )
    return folder


def recordings(lake: Lake, mart: str) -> set[str]:
    return {str(id_) for id_ in lake.read(MARTS[mart].table)["recording_id"].to_pylist()}


def test_one_recording_that_fails_stops_no_other_and_is_named(lake: Lake, broken: Path) -> None:
    """One odd transcript leaves the whole account without a warehouse."""
    refresh(lake, folder=broken)
    assert recordings(lake, "fillers") == {"r0", "r1", "r2", "r4"}
    assert recordings(lake, "token_index") == {f"r{n}" for n in range(5)}, "marts that do not read it are there"
    failed = lake.read(MART_FAILURES).to_pylist()
    assert {(row["recording_id"], row["mart"]) for row in failed} >= {("r3", "filler_words"), ("r3", "fillers")}
    (line,) = aside.problems(lake)
    assert all(said in line for said in ("'r3'", "too odd", "tries again"))
    (row,) = [row for row in lake.read(MARTS["failures"].table).to_pylist() if row["stage"] == "marts"]
    assert row["recording_id"] == "r3"


@pytest.mark.slow
def test_what_was_set_aside_is_tried_again_and_forgotten_once_it_works(lake: Lake, broken: Path) -> None:
    """A release that can compute it leaves the gap for ever."""
    refresh(lake, folder=broken)
    refresh(lake, folder=broken)
    assert len(aside.problems(lake)) == 1
    refresh(lake)
    assert recordings(lake, "fillers") == {f"r{n}" for n in range(5)}
    assert aside.problems(lake) == []


def test_a_definition_that_is_at_fault_is_told_and_sets_nothing_aside(lake: Lake, broken: Path) -> None:
    """A typing error in a mart takes every recording apart one by one."""
    path = broken / "marts" / "filler_words.sql"
    path.write_text(
        path.read_text(encoding="utf-8").replace("l.has_list AND", "l.no_such_column AND"), encoding="utf-8"
    )
    with pytest.raises(MartError, match="no_such_column"):
        refresh(lake, folder=broken)
    assert aside.known(lake) == []


@pytest.mark.parametrize("mart", ["usage_daily", "recordings", "turnaround"])
def test_a_corpus_mart_that_fails_keeps_what_it_held_and_all_else_is_published(
    lake: Lake, tmp_path: Path, mart: str
) -> None:
    """One list that cannot be counted leaves the whole account without a warehouse."""
    settings = Settings.from_env({"SONITEMI_HOME": str(tmp_path)})
    _list_media(lake, "r0", "r1")
    refresh(lake)
    held = lake.read(MARTS[mart].table).to_pylist()
    assert held
    folder = _with_an_error(tmp_path, mart)
    _list_media(lake, "r2", "r3", "r4")
    refresh(lake, folder=folder)
    assert lake.read(MARTS[mart].table).to_pylist() == held
    assert lake.read(MARTS["backlog"].table).num_rows == 0, "all are here"
    publication, problems = publish_what_is_sound(lake, settings)
    assert publication is not None
    (line,) = problems
    assert f"mart {mart} could not be computed" in line
    assert "too odd" in line
    assert {row["mart"] for row in lake.read(MART_FAILURES).to_pylist()} == {mart}
    refresh(lake)
    assert publish_what_is_sound(lake, settings)[1] == []
    assert lake.read(MARTS[mart].table).to_pylist() != held


def test_a_corpus_mart_that_never_could_be_computed_is_empty_and_published(lake: Lake, tmp_path: Path) -> None:
    """On the first sync there is nothing it could keep."""
    settings = Settings.from_env({"SONITEMI_HOME": str(tmp_path)})
    _list_media(lake, "r0")
    refresh(lake, folder=_with_an_error(tmp_path, "recordings"))
    publish_what_is_sound(lake, settings)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM recordings").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM speaker_stats").fetchall() == [(5,)]
        assert connection.execute("SELECT provider, recording_id, mart FROM mart_failures").fetchall() == [
            (None, None, "recordings")
        ]


def test_a_mistake_in_the_speaker_map_is_told_and_stops_no_publication(lake: Lake, tmp_path: Path) -> None:
    """A typing error in the user's own file keeps every new transcript from every reader."""
    settings = Settings.from_env({"SONITEMI_HOME": str(tmp_path)})
    _list_media(lake, *(f"r{n}" for n in range(5)))
    settings.warehouse.with_name("speaker_map.csv").write_text("who,what\n", encoding="utf-8")
    refresh(lake, settings=settings)
    publication, problems = publish_what_is_sound(lake, settings)
    assert publication is not None
    (line,) = problems
    assert "speaker_map.csv:1: the columns are" in line


def _list_media(lake: Lake, *ids: str) -> None:
    seen = {"created_at": dt.datetime(2026, 3, 1), "first_seen_at": dt.datetime(2026, 3, 1, 1), "day": DAY}
    rows = [{"media_id": id_, "status": "completed", "duration_ms": 60_000, **seen} for id_ in ids]
    lake.append(SONIX_MEDIA, SONIX_MEDIA.from_rows(rows))


def _with_an_error(tmp_path: Path, mart: str) -> Path:
    """The marts, one of which fails on every row."""
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    path = folder / "marts" / f"{mart}.sql"
    header = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if line.startswith("--"))
    sql = path.read_text(encoding="utf-8").removeprefix(header)
    count = "SELECT count(*) AS n_media FROM sonix_media"
    odd = f"SELECT n_media FROM ({count}) WHERE CASE WHEN n_media > 0 THEN error('too odd') ELSE true END"
    path.write_text(f"{header}SELECT own.* FROM ({sql}) AS own CROSS JOIN ({odd}) AS o", encoding="utf-8")
    return folder
