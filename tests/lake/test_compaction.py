"""Small files become few, sorted and apart from one another; nothing is lost, and a second time finds nothing to do."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import random
from pathlib import Path

import pyarrow as pa
import pytest

from sonitemi_pipelines.lake import compaction
from sonitemi_pipelines.lake.maintenance import compact_pinned
from sonitemi_pipelines.lake.parquet import DataFile
from sonitemi_pipelines.lake.schemas import TABLES, WORDS
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from tests.lake.test_transcripts import assert_whole, transcript

FIRST = dt.date(2026, 1, 1)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Files count as small below a few thousand bytes, so that a test's lake has many of the others."""
    monkeypatch.setattr(compaction.compact, "__kwdefaults__", {"least_size": 24_000})
    (tmp_path / "locks").mkdir()
    return Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")


def files(lake: Lake) -> list[DataFile]:
    return lake.files(WORDS.name, lake.snapshot([WORDS.name])[WORDS.name])


def compacted(lake: Lake) -> int:
    done = compact_pinned(lake, [TABLES[name] for name in PINNED])
    return sum(each.version is not None for each in done.values())


def overlapping(one: DataFile, other: DataFile) -> bool:
    """Whether one recording of one month may stand in both."""
    months = [(str(f.stats["min.day"])[:7], str(f.stats["max.day"])[:7]) for f in (one, other)]
    ids = [(f.stats["min.recording_id"], f.stats["max.recording_id"]) for f in (one, other)]
    return all(max(a[0], b[0]) <= min(a[1], b[1]) for a, b in (months, ids))


def content(lake: Lake) -> pa.Table:
    return lake.read(WORDS).sort_by([(name, "ascending") for name in WORDS.sort_by])


@pytest.mark.parametrize("seed", range(2))
def test_days_late_ones_and_edits_end_in_few_files_apart_from_one_another(lake: Lake, seed: int) -> None:
    dice = random.Random(seed)
    for round_ in range(2):
        for n in range(8):
            late = dice.random() < 0.2
            day = FIRST + dt.timedelta(days=dice.randrange(40) if late else 14 * round_ + n)
            ids = [f"m{round_}-{n}-{i}" for i in range(3)] + ([f"m0-{dice.randrange(8)}-0"] if round_ else [])
            days = dict.fromkeys(ids, day)
            known = {row["recording_id"]: row["day"] for row in lake.read(TABLES["transcripts"]).to_pylist()}
            batch = [transcript(id_, dice.randrange(50, 400), day=known.get(id_, days[id_])) for id_ in ids]
            commit_transcripts(lake, batch)
        before = content(lake)
        assert compacted(lake) > 0
        assert content(lake) == before
        assert_whole(lake)
        left = files(lake)
        assert len(left) <= 12
        clashing = [1 for i, one in enumerate(left) for other in left[:i] if overlapping(one, other)]
        assert len(clashing) <= compaction.MOST_SMALL * len(left) // 2
        assert compacted(lake) == 0, "the second time finds nothing to do"


def test_a_table_that_has_grown_does_not_keep_the_files_of_its_youth(lake: Lake) -> None:
    """A search opens every file: those of a lake of a tenth of the size would be ten times as many."""
    few = dataclasses.replace(WORDS, name="by_day", files=3)
    counts, held = [], few.schema.empty_table()
    for n in range(16):
        rows = transcript(f"m{n:02}", 800, day=FIRST + dt.timedelta(days=31 * n)).words
        lake.append(few, rows)
        held = pa.concat_tables([held, rows])
        compaction.compact(lake, few, least_size=1000)
        assert lake.read(few).sort_by([(name, "ascending") for name in few.sort_by]) == held
        counts.append(len(lake.files(few.name, lake.snapshot([few.name])[few.name])))
    assert max(counts) <= 3 * compaction.CROWDED + compaction.MOST_SMALL + 1, counts
    assert any(after < before for before, after in itertools.pairwise(counts)), counts
    # What was merged is left alone until there is as much again.
    assert compaction.compact(lake, few, least_size=1000).version is None


def test_rows_stand_in_order_so_that_a_recording_is_in_one_place(lake: Lake) -> None:
    for n in range(10):
        commit_transcripts(lake, [transcript(f"m{9 - n}", 30, day=FIRST), transcript(f"x{n}", 20, day=FIRST)])
    compacted(lake)
    for file in files(lake):
        rows = lake.read_file(WORDS, file)
        assert rows == rows.sort_by([(name, "ascending") for name in WORDS.sort_by])


def test_a_file_of_an_earlier_release_is_cut_so_that_a_change_writes_little(lake: Lake) -> None:
    """Until 0.2.0 files went up to 16 MB, and other tools make them larger still."""
    batch = [transcript(f"m{n:03}", 300, day=FIRST + dt.timedelta(days=n % 50)) for n in range(150)]
    batch.append(transcript("z", 60_000, day=FIRST))
    commit_transcripts(lake, batch)
    before = content(lake)
    assert len(files(lake)) == 1
    assert compacted(lake) > 0
    assert content(lake) == before
    assert_whole(lake)
    most = compaction.TOO_BIG * compaction.target_size(WORDS, files(lake), 24_000)
    # No recording is cut, however long.
    whole = [file for file in files(lake) if file.stats["min.recording_id"] == file.stats["max.recording_id"]]
    assert [file for file in files(lake) if max(file.size, 4 * file.rows) > most] == whole
    assert len(files(lake)) > 5
    # Payloads of one text, which weigh less than they are long, take two rounds.
    assert compacted(lake) <= 1
    assert compacted(lake) == 0
