"""Damage is told and mended: never a green run with less than the truth."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import publish_versions
from sonitemi_pipelines.pipeline.doctor import examine
from sonitemi_pipelines.pipeline.rebuild import rebuild
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

DERIVED = [name for name in (*PINNED, TRANSCRIPTS.name) if name != "raw_payloads"]


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Settings]]:
    home = tmp_path_factory.mktemp("synced")
    with Sandbox(seed=5, sonix=3, temi=3, quirks=False, minutes=(0.2, 0.5)).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home / "home")})
        assert run_sync(settings).complete
        yield sandbox, settings


@pytest.fixture
def settings(synced: tuple[Sandbox, Settings], tmp_path: Path) -> Settings:
    """A home of its own, with all that the sandbox has."""
    sandbox, original = synced
    shutil.copytree(original.home, tmp_path / "home")
    return Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(tmp_path / "home")})


def truth(settings: Settings) -> dict[str, pa.Table]:
    lake = Lake.from_settings(settings)
    kept = {name: lake.read(TABLES[name]) for name in (*PINNED, TRANSCRIPTS.name)}
    return {name: rows.sort_by([(key, "ascending") for key in TABLES[name].sort_by]) for name, rows in kept.items()}


def data_files(settings: Settings, table: str) -> list[Path]:
    return sorted(Path(settings.lake_url, table).glob("*.parquet"))


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    "damage", [zero, *(pytest.param(other, marks=pytest.mark.slow) for other in (cut, Path.unlink))]
)
def test_a_file_that_is_lost_is_told_by_sync_and_doctor_and_brought_back(
    settings: Settings, damage: Callable[[Path], None]
) -> None:
    expected = truth(settings)
    damage(data_files(settings, "words")[0])
    before = {path: path.stat().st_mtime_ns for path in Path(settings.lake_url).rglob("*")}
    said = [finding.text for finding in examine(settings) if not finding.ok]
    assert any("words" in line and "sonitemi rebuild" in line for line in said), said
    assert len(said) <= 2, "the lake's table and the warehouse's view of it"
    assert {path: path.stat().st_mtime_ns for path in Path(settings.lake_url).rglob("*")} == before, "writes nothing"
    report = run_sync(settings)
    assert not report.complete
    assert any("words" in line and "sonitemi rebuild" in line for line in report.problems), report.problems
    assert rebuild(settings).problems == ()
    assert truth(settings) == expected
    assert run_sync(settings).complete


@pytest.mark.slow
@pytest.mark.parametrize("table", DERIVED)
def test_a_derived_table_whose_log_is_lost_is_refused_and_made_anew(settings: Settings, table: str) -> None:
    expected = truth(settings)
    shutil.rmtree(Path(settings.lake_url, table, "_delta_log"))
    with pytest.raises(SonitemiError, match=rf"{table}.*sonitemi rebuild"):
        run_sync(settings)
    rebuild(settings)
    assert truth(settings).keys() == expected.keys()
    for name in (*PINNED, TRANSCRIPTS.name):
        dropped: list[str] = [n for n in ("source_modified_at", "fetched_at") if n in expected[name].column_names]
        assert truth(settings)[name].drop_columns(dropped) == expected[name].drop_columns(dropped), name
    assert run_sync(settings).complete


@pytest.mark.slow
def test_payloads_whose_log_is_lost_are_found_in_their_folder(settings: Settings) -> None:
    expected = truth(settings)
    shutil.rmtree(Path(settings.lake_url, "raw_payloads", "_delta_log"))
    rebuild(settings)
    assert truth(settings) == expected
    assert run_sync(settings).complete


@pytest.mark.slow
def test_a_payload_that_is_lost_is_fetched_again(settings: Settings) -> None:
    expected = truth(settings)
    data_files(settings, "raw_payloads")[0].unlink()
    assert not run_sync(settings).complete
    assert rebuild(settings).problems
    assert run_sync(settings).complete
    found = truth(settings)
    assert found["words"] == expected["words"]
    assert found["raw_payloads"].select(["recording_id", "revision", "body"]) == expected["raw_payloads"].select(
        ["recording_id", "revision", "body"]
    )


@pytest.mark.slow
def test_rows_that_disagree_with_the_header_are_told_by_name(settings: Settings) -> None:
    lake = Lake.from_settings(settings)
    expected = truth(settings)
    lost = str(expected["transcripts"]["recording_id"][0])
    lake.remove(TABLES["words"], (pc.field("recording_id") == lost) & (pc.field("word_index") == 0))
    publish_versions(lake)
    report = run_sync(settings)
    assert not report.complete
    assert any(lost in line and "words" in line for line in report.problems), report.problems
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM transcripts").fetchall() == [
            (expected["transcripts"].num_rows,)
        ]
    rebuild(settings)
    assert truth(settings) == expected


@pytest.mark.slow
def test_a_backup_restored_goes_on_from_there(settings: Settings, tmp_path: Path) -> None:
    """Back-up and restore as docs/operations.md has them: the folder as it is, any time; the warehouse is made anew."""
    expected = truth(settings)
    shutil.copytree(Path(settings.home, "lake"), tmp_path / "backup")
    shutil.rmtree(settings.home)
    os.makedirs(settings.home)
    shutil.copytree(tmp_path / "backup", Path(settings.home, "lake"))
    assert run_sync(settings).complete
    assert truth(settings) == expected
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM words").fetchall() == [(expected["words"].num_rows,)]
