"""The runner: only what changed is computed, and the result is always that of a rebuild."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from pathlib import Path
from typing import Literal

import pytest

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.record import Transcript
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts, publish_versions
from sonitemi_pipelines.marts import load_marts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA

from .generated import conversation
from .talk import DAY, sonix, temi, turn, words

MARTS = load_marts()
Order = list[tuple[str, Literal["ascending", "descending"]]]
GRAIN_TRANSCRIPT = [mart.name for mart in MARTS.values() if mart.is_transcript_grain]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "locks").mkdir()
    return Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")


def data_files(lake: Lake) -> set[Path]:
    return set(Path(lake.url).rglob("*.parquet"))


def forget(lake: Lake, transcript: Transcript) -> None:
    keys = transcript.transcripts.select(["provider", "day", "recording_id", "variant"])
    lake.put(TRANSCRIPTS, TRANSCRIPTS.schema.empty_table(), keys)


def test_second_refresh_computes_and_writes_nothing(lake: Lake) -> None:
    """Every hourly sync rewrites all marts."""
    commit_transcripts(lake, [conversation(1), conversation(2)])
    first = refresh(lake)
    assert all(result.rebuilt for result in first)
    before = data_files(lake)
    again = refresh(lake)
    assert data_files(lake) == before
    assert all((result.transcripts_recomputed, result.rows, result.rebuilt) == (0, 0, False) for result in again)


def test_only_the_changed_transcript_is_recomputed(lake: Lake) -> None:
    """One new transcript costs as much as the whole lake."""
    commit_transcripts(lake, [conversation(seed) for seed in range(5)])
    refresh(lake)
    commit_transcripts(lake, [conversation(99, recording_id="rec3")])
    results = {result.name: result for result in refresh(lake)}
    assert {results[name].transcripts_recomputed for name in GRAIN_TRANSCRIPT} == {1}
    assert not any(result.rebuilt for result in results.values())


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def test_incremental_equals_full(lake: Lake, tmp_path: Path, seed: int) -> None:
    """After adds, edits and deletions the marts hold rows of a transcript that is no longer so."""
    dice = random.Random(seed)
    there: dict[str, Transcript] = {}
    seen = {"created_at": dt.datetime(2026, 3, 1), "first_seen_at": dt.datetime(2026, 3, 1, 1), "day": DAY}
    listed = [{"media_id": f"rec{i}", "status": "completed", "duration_ms": 60_000, **seen} for i in range(8)]
    lake.append(SONIX_MEDIA, SONIX_MEDIA.from_rows(listed))
    for step in range(4):
        batch = {f"rec{dice.randrange(8)}": dice.randrange(10_000) for _ in range(dice.randrange(1, 4))}
        transcripts = [conversation(number, recording_id=name) for name, number in batch.items()]
        transcripts += [
            _edited_job(f"job{dice.randrange(2)}", dice.randrange(50), variant) for variant in ("latest", "machine")
        ][: dice.randrange(3)]
        commit_transcripts(lake, transcripts)
        there |= {f"{t.source.recording_id} {t.source.variant}": t for t in transcripts}
        if step in (1, 3) and there:
            forget(lake, there.pop(dice.choice(sorted(there))))
        refresh(lake, chunk_words=dice.choice([200, 1_000_000]))
    afresh = Lake(str(tmp_path / "afresh"))
    commit_transcripts(afresh, list(there.values()))
    # Payloads outlive their transcript, and the time to the first of them is what turnaround measures.
    afresh.overwrite(RAW_PAYLOADS, lake.read(RAW_PAYLOADS))
    publish_versions(afresh)
    afresh.append(SONIX_MEDIA, SONIX_MEDIA.from_rows(listed))
    refresh(afresh)
    assert lake.read(MARTS["turnaround"].table).num_rows > 0
    for mart in MARTS.values():
        order: list[tuple[str, Literal["ascending", "descending"]]] = [
            (name, "ascending") for name in mart.table.sort_by
        ]
        kept, rebuilt = lake.read(mart.table).sort_by(order), afresh.read(mart.table).sort_by(order)
        assert kept.equals(rebuilt), mart.name


def _edited_job(recording_id: str, seed: int, variant: str) -> Transcript:
    dice = random.Random(f"{seed} {variant}")
    said = " ".join(dice.choice(["so", "we", "go", "home", "now", "then"]) for _ in range(12))
    return temi(("Ann", words(said, 0, 9000)), recording_id=recording_id, variant=variant)


def test_edit_of_one_variant_updates_the_comparison_of_both(lake: Lake) -> None:
    """The word error rate stays that of an earlier edit."""
    latest = temi(("S", words("we go home", 0, 3000)))
    commit_transcripts(lake, [latest])
    refresh(lake)
    commit_transcripts(lake, [temi(("S", words("we go hem", 0, 3000)), variant="machine")])
    refresh(lake)
    assert lake.read(MARTS["transcript_edits"].table)["substitutions"].to_pylist() == [1]


def test_vendors_with_the_same_ids_keep_apart(lake: Lake) -> None:
    """A Temi job that bears the id of a Sonix media of the same day is doubled or lost."""
    commit_transcripts(
        lake,
        [sonix(turn("Ann", 0, 1000, "one"), recording_id="x"), temi(("Bob", words("two", 0, 900)), recording_id="x")],
    )
    commit_transcripts(lake, [sonix(turn("Ann", 0, 1000, "y"), recording_id="y"), conversation(3)])
    refresh(lake)
    commit_transcripts(
        lake,
        [
            sonix(turn("Ann", 0, 1000, "one two"), recording_id="x"),
            temi(("Cem", words("three", 0, 900)), recording_id="y"),
        ],
    )
    refresh(lake)
    stats = lake.read(MARTS["speaker_stats"].table, ["provider", "recording_id", "speaker", "words"]).to_pylist()
    rows = [tuple(row.values()) for row in stats if row["recording_id"] in ("x", "y")]
    assert sorted(rows) == [
        ("sonix", "x", "Ann", 2),
        ("sonix", "y", "Ann", 1),
        ("temi", "x", "Bob", 1),
        ("temi", "y", "Cem", 1),
    ]


def test_marts_left_behind_by_different_runs_come_to_the_same(lake: Lake, tmp_path: Path) -> None:
    """A run that was killed between two marts leaves rows computed from older ones of another mart."""
    commit_transcripts(lake, [conversation(1, "rec1")])
    refresh(lake)
    commit_transcripts(lake, [conversation(2, "rec1")])
    refresh(lake, marts=["joined_turns", "pauses"])
    commit_transcripts(lake, [conversation(3, "rec1")])
    refresh(lake)
    afresh = Lake(str(tmp_path / "afresh"))
    commit_transcripts(afresh, [conversation(3, "rec1")])
    refresh(afresh)
    for name in GRAIN_TRANSCRIPT:
        assert lake.read(MARTS[name].table).equals(afresh.read(MARTS[name].table)), name


def test_changed_definition_rebuilds_the_mart_and_those_that_read_it(lake: Lake, tmp_path: Path) -> None:
    """After an upgrade old rows keep the old definition."""
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    commit_transcripts(lake, [sonix(turn("Ann", 0, 1000, "one"), turn("Bob", 1100, 2000, "two"))])
    refresh(lake, folder=folder)
    path = folder / "marts" / "joined_turns.sql"
    path.write_text(
        path.read_text()
        .replace("--   asks BOOLEAN", "--   length_ms INTEGER [ms]: its length\n--   asks BOOLEAN")
        .replace(
            "    sum(u.speaking_ms) AS speaking_ms,",
            "    sum(u.speaking_ms) AS speaking_ms,\n    max(u.end_ms) - min(u.start_ms) AS length_ms,",
        )
    )
    rebuilt = {result.name for result in refresh(lake, folder=folder) if result.rebuilt}
    assert {"joined_turns", "interruptions", "speaker_stats"} <= rebuilt
    assert not {"pauses", "recordings", "token_index"} & rebuilt
    assert lake.read(load_marts(folder)["joined_turns"].table)["length_ms"].to_pylist() == [1000, 900]


def test_changed_threshold_rebuilds_what_reads_it(lake: Lake, tmp_path: Path) -> None:
    """A threshold is changed and yesterday's rows still follow the old one."""
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    commit_transcripts(lake, [sonix(turn("Ann", 0, 2000, [("one", 0, 500), ("two", 900, 2000)]))])
    refresh(lake, folder=folder)
    pauses = MARTS["pauses"].table
    assert lake.read(pauses).num_rows == 1
    seed = folder / "seeds" / "thresholds.csv"
    seed.write_text(seed.read_text().replace("pause_ms,250", "pause_ms,401"))
    refresh(lake, folder=folder)
    assert lake.read(pauses).num_rows == 0


def test_lost_history_means_a_rebuild(lake: Lake) -> None:
    """After a vacuum the runner fails because an old version is gone."""
    commit_transcripts(lake, [conversation(1)])
    refresh(lake)
    commit_transcripts(lake, [conversation(2, recording_id="rec1")])
    handle = lake.open("transcripts")
    assert handle is not None
    handle.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert all(result.rebuilt for result in refresh(lake, marts=GRAIN_TRANSCRIPT))


def test_corpus_mart_is_written_only_when_the_answer_differs(lake: Lake) -> None:
    """A list that was read again and says the same makes new data files all day."""
    row = {"media_id": "m1", "status": "completed", "duration_ms": 60_000, "day": None}
    lake.append(SONIX_MEDIA, SONIX_MEDIA.from_rows([{**row, "day": conversation(1).source.day}]))
    refresh(lake)
    before = data_files(lake)
    lake.overwrite(SONIX_MEDIA, lake.read(SONIX_MEDIA))
    refresh(lake)
    assert {path for path in data_files(lake) - before if SONIX_MEDIA.name not in path.parts} == set()


def test_refresh_of_one_mart_brings_up_what_it_reads(lake: Lake) -> None:
    """A selection in Dagster computes from stale inputs."""
    commit_transcripts(lake, [conversation(1)])
    results = refresh(lake, marts=["conversation_stats"])
    assert [result.name for result in results] == ["conversation_stats"]
    assert lake.read(MARTS["conversation_stats"].table).num_rows == 1
    assert lake.read(MARTS["speaker_stats"].table).num_rows > 0


def test_unknown_mart_is_refused(lake: Lake) -> None:
    """A misspelt selection does nothing and says nothing."""
    with pytest.raises(MartError, match="no mart is called speeker_stats"):
        refresh(lake, marts=["speeker_stats"])
