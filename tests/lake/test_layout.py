"""A lake of release 0.1.0, with a folder for each vendor and day, goes on: its next change lays it out anew."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, Transaction, write_deltalake

from sonitemi_pipelines.lake import layout
from sonitemi_pipelines.lake.maintenance import maintain
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts, replace_headers
from tests.lake.test_transcripts import DAY, assert_whole, transcript

BIG = (*PINNED, TRANSCRIPTS.name)


def make_old(lake: Lake) -> None:
    """Lay the tables of transcripts out as release 0.1.0 did, with the versions that its headers named."""
    rows = {name: lake.read(TABLES[name]) for name in BIG}
    for name in BIG:
        shutil.rmtree(lake.location(name))
        pins = [Transaction(pinned, 0) for pinned in PINNED] if name == TRANSCRIPTS.name else []
        properties = CommitProperties(app_transactions=[Transaction("sonitemi.lake_schema", 1), *pins])
        write_deltalake(lake.location(name), rows[name], partition_by=["provider", "day"], commit_properties=properties)


@pytest.fixture
def old(tmp_path: Path) -> Lake:
    (tmp_path / "locks").mkdir()
    lake = Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")
    days = [DAY + dt.timedelta(days=n) for n in range(6)]
    commit_transcripts(lake, [transcript(f"m{n}", 30 + n, day=day) for n, day in enumerate(days)])
    make_old(lake)
    return Lake(lake.url, lock_folder=tmp_path / "locks")


def seen(lake: Lake) -> dict[str, pa.Table]:
    return {name: lake.read(TABLES[name]).sort_by([(key, "ascending") for key in TABLES[name].sort_by]) for name in BIG}


def test_every_row_is_there_in_few_files_and_the_next_sync_goes_on(old: Lake) -> None:
    before = seen(old)
    replace_headers(old, old.read(TRANSCRIPTS).slice(0, 1))
    assert seen(old) == before
    assert {name: len(old.files(name, version)) for name, version in old.snapshot(BIG).items()} == dict.fromkeys(BIG, 1)
    commit_transcripts(old, [transcript("m1", 7, day=DAY + dt.timedelta(days=1)), transcript("new", 5)])
    assert_whole(old)


@pytest.mark.parametrize("tables_done", range(len(BIG)))
def test_killed_in_the_middle_it_shows_what_it_showed_and_is_finished_by_the_next_run(
    old: Lake, monkeypatch: pytest.MonkeyPatch, tables_done: int
) -> None:
    before = seen(old)
    lay_out = layout._lay_out
    done: list[object] = []

    def dying(*args: object) -> int:
        if len(done) == tables_done:
            raise KeyboardInterrupt
        done.append(args)
        return lay_out(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(layout, "_lay_out", dying)
        with pytest.raises(KeyboardInterrupt):
            replace_headers(old, old.read(TRANSCRIPTS).slice(0, 1))
    again = Lake(old.url, lock_folder=Path(old.url).parent / "locks")
    assert seen(again) == before
    maintenance = maintain(again, TABLES.values(), dt.timedelta(days=7), lambda: None)
    assert seen(again) == before
    assert {done.files_after for done in maintenance if done.table in BIG} == {1}
