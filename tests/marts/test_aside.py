"""A recording whose marts cannot be computed is named, tried again, and in nobody's way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.schemas import MART_FAILURES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts import aside, load_marts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.parsing.seeds import sql_folder

from .talk import sonix, turn

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
