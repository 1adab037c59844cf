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

from sonitemi_pipelines.errors import LakeError, SonitemiError, WarehouseError
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import publish_versions
from sonitemi_pipelines.paid import Ledger
from sonitemi_pipelines.pipeline.doctor import examine
from sonitemi_pipelines.pipeline.forget import forget
from sonitemi_pipelines.pipeline.maintain import maintain
from sonitemi_pipelines.pipeline.rebuild import rebuild
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS

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
@pytest.mark.parametrize("has_warehouse", [True, False], ids=["beside its warehouse", "alone"])
def test_a_list_that_is_lost_is_told_and_comes_back_with_what_the_vendor_has_deleted(
    home: Path, has_warehouse: bool
) -> None:
    """It was listed afresh with exit 0: its deleted recordings stood in no list, and nobody said so."""
    with Sandbox(seed=5, sonix=3, temi=3, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        deleted = [*sandbox.add_sonix(1), *sandbox.add_temi(1)]
        assert run_sync(settings).complete
        for recording in deleted:
            sandbox.delete(recording)
        assert run_sync(settings).complete
        before = lists(settings)
        for table in before:
            shutil.rmtree(home / "lake" / table)
        for _ in range(2):
            with pytest.raises(LakeError, match=r"is gone; .*sonitemi rebuild"):
                run_sync(settings)
        if not has_warehouse:
            settings.warehouse.unlink()
        said = " ".join(rebuild(settings).problems)
        assert all(table in said for table in before)
        assert run_sync(settings).complete
        assert lists(settings) == before
        assert all(finding.ok for finding in examine(settings))


def lists(settings: Settings) -> dict[str, dict[str, bool]]:
    """List -> id -> whether the vendor has deleted it."""
    lake = Lake.from_settings(settings)
    return {
        vendor.list_table.name: {
            row[vendor.id_column]: row["deleted_at"] is not None for row in lake.read(vendor.list_table).to_pylist()
        }
        for vendor in VENDORS.values()
        if vendor.list_table.name in ("sonix_media", "temi_jobs")
    }


@pytest.mark.slow
@pytest.mark.parametrize("table", ["forgotten", "vendor_requests", "temi_account_balance"])
def test_what_no_vendor_tells_again_is_told_as_lost_and_comes_back_from_the_warehouse(home: Path, table: str) -> None:
    """Without the list of erasures the next sync would bring back what somebody had asked to be erased."""
    with Sandbox(seed=5, sonix=1, temi=2, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        [erased] = sandbox.add_temi(1)
        Ledger(Lake.from_settings(settings)).ask("temi", "jobs.submit", "1" * 64, "new.mp3", forced=False)
        assert run_sync(settings).complete
        forget(settings, "temi", erased)
        assert run_sync(settings).complete
        rows = Lake.from_settings(settings).read(TABLES[table]).num_rows
        shutil.rmtree(home / "lake" / table)
        with pytest.raises(LakeError, match=rf"{table} .*is gone"):
            run_sync(settings)
        assert any(table in problem for problem in rebuild(settings).problems)
        assert run_sync(settings).complete
        lake = Lake.from_settings(settings)
        assert lake.read(TABLES[table]).num_rows >= rows > 0
        assert erased not in lake.read(TRANSCRIPTS, ["recording_id"])["recording_id"].to_pylist()


@pytest.mark.slow
def test_an_empty_lake_beside_the_warehouse_of_a_full_one_is_refused(settings: Settings) -> None:
    shutil.rmtree(Path(settings.lake_url))
    for work in (run_sync, rebuild, maintain):
        with pytest.raises(WarehouseError, match=r"no transcript in the lake .* move the warehouse away"):
            work(settings)
    settings.warehouse.unlink()
    assert run_sync(settings).complete


@pytest.mark.slow
def test_a_lake_that_is_not_whole_is_not_maintained(settings: Settings) -> None:
    """What no version names may be all that mends it."""
    data_files(settings, "turns")[0].unlink()
    with pytest.raises(LakeError, match=r"nothing was done: lake table turns.*sonitemi rebuild"):
        maintain(settings)
    assert rebuild(settings).problems == ()
    assert maintain(settings)


def _end_log_after(table: Path, version: int) -> None:
    for path in (table / "_delta_log").iterdir():
        if path.name == "_last_checkpoint" or int(path.name.partition(".")[0]) > version:
            path.unlink()


@pytest.mark.parametrize(
    "without_warehouse", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["warehouse", "marts alone"]
)
def test_lost_commits_are_told_before_the_next_one_and_what_the_vendor_has_deleted_comes_back(
    settings: Settings, tmp_path: Path, without_warehouse: bool
) -> None:
    """A sync went on from there: transcripts that no vendor has any more were left out for good, with exit code 0."""
    with Sandbox(seed=6, sonix=1, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "TEMI_API_KEY": "", "SONITEMI_HOME": str(tmp_path / "lost")})
        assert run_sync(settings).complete
        ends = Lake.from_settings(settings).snapshot([TRANSCRIPTS.name])[TRANSCRIPTS.name]
        [gone] = sandbox.add_sonix(1)
        assert run_sync(settings).complete
        expected = truth(settings)
        sandbox.delete(gone)
        sandbox.add_sonix(1)
        _end_log_after(Path(settings.lake_url, TRANSCRIPTS.name), ends)
        if without_warehouse:
            settings.warehouse.unlink()
        with pytest.raises(LakeError, match=r"transcripts in the lake .* run `sonitemi rebuild`"):
            run_sync(settings)
        assert any("held more once" in finding.text for finding in examine(settings) if not finding.ok)
        rebuild(settings)
        found = truth(settings)
        assert found["words"] == expected["words"]
        assert found["transcripts"]["revision"].to_pylist() == expected["transcripts"]["revision"].to_pylist()
        assert run_sync(settings).complete
        assert Lake.from_settings(settings).read(TRANSCRIPTS).num_rows == 3


@pytest.mark.slow
def test_a_lost_erasure_does_not_bring_the_recording_back(settings: Settings) -> None:
    lake = Lake.from_settings(settings)
    sonix = lake.read(TRANSCRIPTS, filters=pc.field("provider") == "sonix")
    first, second = map(str, sonix["recording_id"].to_pylist()[:2])
    forget(settings, "sonix", first)
    ends = lake.snapshot(["forgotten"])["forgotten"]
    forget(settings, "sonix", second)
    _end_log_after(Path(settings.lake_url, "forgotten"), ends)
    with pytest.raises(LakeError, match=r"forgotten in the lake .* run `sonitemi rebuild`"):
        run_sync(settings)
    assert any("erased again" in line for line in rebuild(settings).problems)
    assert run_sync(settings).complete
    assert second not in Lake.from_settings(settings).read(TRANSCRIPTS)["recording_id"].to_pylist()


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
