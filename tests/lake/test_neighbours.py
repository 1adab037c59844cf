"""Other tools beside this one: they rearrange, clean up and leave things lying about, and the next commit goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.consistency import damage
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS, WORDS
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from tests.lake.test_transcripts import assert_whole, transcript

OURS = [TABLES[name] for name in (*PINNED, TRANSCRIPTS.name)]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "locks").mkdir()
    lake = Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")
    for n in range(6):
        commit_transcripts(lake, [transcript(f"m{n}", 20 + n)])
    return lake


def each_table(lake: Lake, act: Callable[[DeltaTable], object]) -> None:
    for table in OURS:
        act(DeltaTable(lake.location(table.name)))


def optimize(table: DeltaTable) -> None:
    table.optimize.compact()


def z_order(table: DeltaTable) -> None:
    table.optimize.z_order(["recording_id"])


def optimize_and_vacuum(table: DeltaTable) -> None:
    table.optimize.compact()
    DeltaTable(table.table_uri).vacuum(0, dry_run=False, enforce_retention_duration=False)


def clean_log(table: DeltaTable) -> None:
    table.create_checkpoint()
    table.cleanup_metadata()


def lose_checkpoints(table: DeltaTable) -> None:
    table.create_checkpoint()
    for path in Path(table.table_uri.removeprefix("file://"), "_delta_log").glob("*checkpoint*"):
        path.unlink()


def leave_files(table: DeltaTable) -> None:
    folder = Path(table.table_uri.removeprefix("file://"))
    (folder / "notes.txt").write_text("by another tool")
    (folder / "_symlink_format_manifest").mkdir()
    (folder / "other.parquet").write_bytes(b"not ours")


def mark(table: DeltaTable) -> None:
    """Another writer's app transaction."""
    once = CommitProperties(app_transactions=[Transaction("spark-job-7", 3)])
    table.create_write_transaction([], "append", table.schema(), commit_properties=once)


ACTS = [optimize, z_order, optimize_and_vacuum, clean_log, lose_checkpoints, leave_files, mark]


@pytest.mark.parametrize("act", ACTS, ids=[act.__name__ for act in ACTS])
def test_what_another_tool_did_changes_no_row_and_stops_no_commit(
    lake: Lake, act: Callable[[DeltaTable], object]
) -> None:
    before = {table.name: _sorted(lake.read(table), table.sort_by) for table in OURS}
    each_table(lake, act)
    again = Lake(lake.url, lock_folder=Path(lake.url).parent / "locks")
    assert {table.name: _sorted(again.read(table), table.sort_by) for table in OURS} == before
    commit_transcripts(again, [transcript("m1", 5), transcript("new", 9)])
    assert_whole(again)
    assert damage(again, OURS) == []


@pytest.mark.parametrize("feature", ["deletionVectors", "columnMapping"])
def test_a_feature_that_changes_what_files_mean_is_refused_in_one_line(lake: Lake, feature: str) -> None:
    log = sorted(Path(lake.location("words"), "_delta_log").glob("*.json"))[-1]
    version = int(log.stem) + 1
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": [feature, "timestampNtz"]}
    protocol["writerFeatures"] = protocol["readerFeatures"]
    log.with_name(f"{version:020d}.json").write_text(json.dumps({"protocol": protocol}) + "\n")
    with pytest.raises(LakeError, match=rf"words .*{feature}") as caught:
        commit_transcripts(Lake(lake.url), [transcript("new", 9)])
    assert "\n" not in str(caught.value)


def test_rows_that_another_tool_wrote_without_a_header_are_never_seen(lake: Lake) -> None:
    """Nor are those of a writer that was killed between words and header, whoever commits next."""
    before = lake.read(WORDS).num_rows
    lake.append(WORDS, transcript("stranger", 50).words)
    assert lake.read(WORDS).num_rows == before
    commit_transcripts(lake, [transcript("new", 9)])
    assert lake.read(WORDS).num_rows == before + 9
    without_locks = Lake(lake.url)
    without_locks.append(WORDS, transcript("stranger", 50).words)
    commit_transcripts(without_locks, [transcript("newer", 4)])
    assert without_locks.read(WORDS).num_rows == before + 13
    assert_whole(without_locks)


def test_odd_characters_in_ids_and_in_the_path_are_nothing_special(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "a|b c#d" / "lake"))
    commit_transcripts(lake, [transcript("x/y 'z' ü", 3), transcript("..", 2)])
    assert_whole(lake)


def test_a_table_that_lost_its_folder_is_told(lake: Lake) -> None:
    shutil.rmtree(lake.location("words"))
    with pytest.raises(LakeError, match=r"words .*sonitemi rebuild"):
        damage(Lake(lake.url), OURS)


def _sorted(rows: pa.Table, names: tuple[str, ...]) -> pa.Table:
    return rows.sort_by([(name, "ascending") for name in names])
