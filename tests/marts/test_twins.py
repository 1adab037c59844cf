"""Steps computed over arrays give the very rows that their SELECTs in `sql/marts` give."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from sonitemi_pipelines.lake.schemas import SPLIT_WORDS, TRANSCRIPTS, TURNS, WORDS
from sonitemi_pipelines.marts import twins
from sonitemi_pipelines.marts.compute import connect, put, step, step_over_arrays
from sonitemi_pipelines.marts.model import load_steps
from sonitemi_pipelines.parsing.seeds import sql_folder

from .generated import conversation

STEPS = load_steps()
DAY = dt.date(2026, 3, 1)
TEXTS = [
    *("so", "why", "no?", "yes.", "well,", "(ok?)", '"no."', "right?!", "3", ".", "?", "!", ";", "τι;", "ինչո՞ւ", "؟"),
    *(". By", "? And", ") so", "a. b", "a? b", "'?'", "U.S.", "? ?", "", "what …", "e\u0301?", "。", "，", "\u00a0?"),
]
TERMS = [
    "yeah",
    "mhm",
    "right",
    "uh",
    "so",
    "what",
    "why",
    "well-known",
    "mother-in-law",
    "いい天気",
    "***",
    "",
    "café",
]
SPEAKERS = ["Zoë", "Ann", "Bob", None, "ann", ""]
Rows = dict[str, list[dict[str, Any]]]


def _time(dice: random.Random, clock: int) -> tuple[int | None, int | None]:
    """Mostly a word's time; else one that is missing, of no length, backwards, negative or beyond everything."""
    start: int | None = clock
    end: int | None = clock + dice.randrange(0, 700, 10)
    match dice.randrange(24):
        case 0:
            start = None
        case 1:
            end = None
        case 2:
            start = end = None
        case 3:
            start = end = 0
        case 4:
            end = start
        case 5:
            end = clock - 300
        case 6:
            start = -50
        case 7:
            end = clock + dice.choice([599_990, 600_000, 600_010, 1_900_000_000])
        case 8:
            start, end = dice.choice([86_400_000, 2_000_000_000]), 2_000_000_100
    return start, end


def _transcript(dice: random.Random, key: dict[str, Any], words: int, *, timed: bool = True) -> Rows:
    """The rows of one transcript."""
    found: Rows = {"turns": [], "words": []}
    clock, turn, speaker, turns = dice.randrange(0, 3000, 10), -1, dice.choice(SPEAKERS), []
    for index in range(words):
        if turn < 0 or dice.random() < 0.12:
            turn, speaker = turn + 1, dice.choice(SPEAKERS[: dice.choice([1, 3, 6])])
            start, end = _time(dice, clock)
            turns.append({"turn_index": turn, "speaker": speaker, "start_ms": start, "end_ms": end})
            clock = max(0, clock + dice.choice([-900, -240, 0, 0, 250, 2100]))
        start, end = _time(dice, clock) if timed and dice.random() < 0.95 else (None, None)
        clock += dice.choice([0, 100, 250, 260, 400])
        kind, words_in = dice.choice(["word", "word", "word", "word", "punct", "tag"]), dice.choice([0, 1, 1, 1, 2])
        is_one = kind == "word" and words_in == 1
        found["words"].append(
            {
                "position": index if is_one else None,
                "whole": dice.choice([True, True, True, True, False, None]) if is_one else False,
                "term": dice.choice([None, None, None, *TERMS]) if is_one else None,
                "word_index": index,
                "turn_index": turn,
                "speaker": speaker,
                "text": dice.choice(TEXTS) if dice.random() < 0.98 else None,
                "kind": kind,
                "word_count": words_in,
                "start_ms": start,
                "end_ms": end,
                "struck": dice.choice([None, False, False, False, True]),
            }
        )
    found["turns"] = [turn | {"word_count": 1} for turn in turns]
    dice.shuffle(found["words"])
    heads = {"duration_ms": dice.choice([None, 0, -5, 40_000, 90_000_000]), "language": dice.choice(["en", "el", None])}
    return {"transcripts": [key | heads], **{name: [key | row for row in rows] for name, rows in found.items()}}


def _made(seed: int) -> Rows:
    """Transcripts whose ids sort otherwise than they come, some of one id at both vendors, some in two variants."""
    dice = random.Random(seed)
    found: Rows = {"transcripts": [], "turns": [], "words": []}
    for recording in dice.sample(["b", "a", "Ä", "10", "9", "c"], 4):
        for provider in dice.sample(["temi", "sonix"], dice.choice([1, 2])):
            for variant in dice.sample(["latest", "machine"], dice.choice([1, 2])):
                key = {"provider": provider, "recording_id": recording, "variant": variant, "day": DAY}
                size = dice.choice([0, 1, 2, 15, 60])
                for name, rows in _transcript(dice, key, size, timed=dice.random() < 0.8).items():
                    found[name] += rows
    return found


def _of_one(words: int, *, timed: bool = True) -> Callable[[], Rows]:
    key = {"provider": "sonix", "recording_id": "r", "variant": "latest", "day": DAY}
    return lambda: _transcript(random.Random(words), key, words, timed=timed)


def _talk(seeds: Iterable[int]) -> dict[str, pa.Table]:
    """Conversations with overlaps, cuts, acknowledgements and questions."""
    said = [conversation(seed, f"talk {seed}") for seed in seeds]
    names = ("transcripts", "turns", "words", "split_words")
    return {name: pa.concat_tables([getattr(one, name) for one in said]) for name in names}


def _tables(rows: Rows) -> dict[str, pa.Table]:
    tables = (TRANSCRIPTS, TURNS, WORDS, SPLIT_WORDS)
    # Not `from_rows`: what may not be NULL there, and no matter here, is left out.
    return {
        table.name: pa.Table.from_pylist(
            rows.get(table.name, []), pa.schema([field.with_nullable(True) for field in table.schema])
        )
        for table in tables
    }


def _as_enums(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Ids, speakers and texts as a run has them."""
    for columns in (("provider",), ("recording_id",), ("variant",), ("speaker",), ("text", "term", "shown")):
        having = [
            (name, column)
            for name in tables
            for column in columns
            if connection.execute(
                "SELECT 1 FROM duckdb_columns() WHERE table_name = ? AND column_name = ?", [name, column]
            ).fetchall()
        ]
        values = " UNION ".join(
            f"SELECT {column} AS value FROM {name} WHERE {column} IS NOT NULL" for name, column in having
        )
        if connection.execute(values).fetchall():
            kind = f"a_{columns[-1]}"
            connection.execute(f"CREATE TYPE {kind} AS ENUM (SELECT value FROM ({values}) ORDER BY value)")
            for name, column in having:
                connection.execute(f"ALTER TABLE {name} ALTER {column} SET DATA TYPE {kind}")


def _read_by(names: Iterable[str]) -> set[str]:
    """The steps that these read, and those that they do."""
    read = {read for name in names for read in STEPS[name].reads if read in STEPS}
    return read | _read_by(read) if read else read


def _compare(tables: dict[str, pa.Table], *, enums: bool, folder: Path | None = None) -> dict[str, int]:
    """Hold every twin to its SELECT on these tables; how many rows each found."""
    steps = load_steps(folder)
    needed = _read_by(twins.NAMES)
    found = {}
    with connect(folder) as connection:
        for name, rows in tables.items():
            put(connection, name, rows)
        if enums:
            _as_enums(connection, tables)
        for mart in steps.values():
            if mart.name in twins.NAMES:
                assert mart.has_twin
                step(dataclasses.replace(mart, has_twin=False), connection)
                connection.execute(f"CREATE OR REPLACE TEMP TABLE by_select AS FROM {mart.name}")
                assert step_over_arrays(mart, connection), mart.name
                for one, other in (("by_select", mart.name), (mart.name, "by_select")):
                    only = connection.execute(f"FROM {one} EXCEPT ALL FROM {other}").fetchall()
                    assert only == [], f"{mart.name}: only in {one}"
                types = f"SELECT column_type FROM (DESCRIBE {mart.name})"
                assert (
                    connection.execute(types).fetchall()
                    == connection.execute(types.replace(mart.name, "by_select")).fetchall()
                )
                found[mart.name] = len(connection.execute(f"FROM {mart.name}").fetchall())
            elif mart.name in needed:
                step(mart, connection)
    assert found.keys() == {*twins.NAMES}
    return found


EXTREMES: dict[str, Callable[[], Rows]] = {
    "no transcript": dict,
    "a transcript without words": _of_one(0),
    "one word": _of_one(1),
    "nothing timed": _of_one(50, timed=False),
}


def test_what_no_array_can_hold_is_left_to_the_select(caplog: pytest.LogCaptureFixture) -> None:
    """A lake that other tools wrote to may have NULL where parsing never has it: no run may end for that."""
    tables = _talk([1])
    [place] = [tables["words"].schema.get_field_index("word_count")]
    rows = tables["words"]
    tables["words"] = rows.set_column(
        place, rows.schema.field(place), pa.array([None, *rows["word_count"].to_pylist()[1:]], pa.int32())
    )
    with connect() as connection:
        for name, given in tables.items():
            put(connection, name, given)
        step(STEPS["word_units"], connection)
        assert connection.execute("SELECT count(*) > 0 FROM word_units").fetchone() == (True,)
    assert "NULL in word_count" in caplog.text


@pytest.mark.parametrize(("case", "enums"), zip(EXTREMES, [True, False, False, True], strict=True))
def test_a_twin_is_its_select_at_the_extremes(case: str, enums: bool) -> None:
    """A recording without words, or without times, stops a refresh or gets other numbers."""
    _compare(_tables(EXTREMES[case]()), enums=enums)


@pytest.mark.parametrize("seed", range(2))
def test_a_twin_is_its_select(seed: int) -> None:
    """What the docs define in SQL is not what the lake holds."""
    found = _compare(_tables(_made(seed)), enums=seed % 2 == 0)
    assert min(found.values()) > 0


def test_a_twin_is_its_select_for_talk() -> None:
    """The same for conversations with overlaps, cuts and questions."""
    assert _compare(_talk(range(12)), enums=True)["asking_sentences"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [*range(2, 12), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(12, 60))]
)
def test_a_twin_is_its_select_in_many_more(seed: int) -> None:
    """The same, for words that few conversations hold."""
    _compare(_tables(_made(seed)), enums=seed % 2 == 0)
    _compare(_talk(range(20 * seed, 20 * seed + 20)), enums=seed % 2 == 0)


@pytest.mark.slow
def test_a_twin_is_its_select_in_a_long_recording() -> None:
    """Numbers that are packed side by side run into each other."""
    _compare(_tables(_of_one(15_000)()), enums=True)


@pytest.mark.parametrize("name", twins.NAMES)
def test_a_twin_reads_what_its_select_reads(name: str) -> None:
    """A twin needs a table that the runner has let go, or not loaded."""
    mart = STEPS[name]
    with connect() as connection:
        for table, rows in _tables(_made(2)).items():
            put(connection, table, rows)
        for read in STEPS.values():
            if read.name in _read_by([name]):
                step(read, connection)
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            if table not in {"transcripts", *mart.reads}:
                connection.execute(f"DROP TABLE {table}")
        step(mart, connection)
        assert connection.execute(f"FROM {name}").fetchall()


def test_an_own_select_is_what_is_computed(tmp_path: Path) -> None:
    """Somebody changes a definition in their `sql` folder, and the numbers stay as they were."""
    folder = Path(shutil.copytree(sql_folder(), tmp_path / "sql"))
    steps = load_steps(folder)
    path = folder / "marts" / "word_units.sql"
    path.write_text(path.read_text().replace("CAST(nth AS INTEGER) AS nth", "CAST(nth + 7 AS INTEGER) AS nth"))
    changed = load_steps(folder)
    assert [steps["word_units"].has_twin, changed["word_units"].has_twin] == [True, False]
    assert steps["word_units"].sql_hash != changed["word_units"].sql_hash
    with connect(folder) as connection:
        for name, rows in _tables(_of_one(60)()).items():
            put(connection, name, rows)
        step(changed["word_units"], connection)
        assert connection.execute("SELECT min(nth) FROM word_units").fetchall() == [(8,)]


@pytest.mark.parametrize(
    ("threshold", "table"),
    [
        ("pause_ms", "word_units"),
        ("abutting_ms", "overlap_evidence"),
        ("long_token_ms", "token_counts"),
        ("diversity_words", "speaker_variety"),
        ("term_occurrences", "term_counts"),
    ],
)
def test_a_twin_goes_by_the_thresholds_of_the_folder(tmp_path: Path, threshold: str, table: str) -> None:
    """Somebody changes a threshold, and it counts in some numbers and not in others."""
    folder = Path(shutil.copytree(sql_folder(), tmp_path / "sql"))
    path = folder / "seeds" / "thresholds.csv"
    lines = [
        line if not line.startswith(f"{threshold},") else f"{threshold},70,ms,another"
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines) + "\n")
    _compare(_tables(_made(1)), enums=False, folder=folder)


def test_a_mart_is_computed_anew_when_the_code_of_a_twin_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release mends a twin, and every lake keeps what the old one said."""
    before = STEPS["word_units"].sql_hash, STEPS["questions"].sql_hash, STEPS["recordings"].sql_hash
    monkeypatch.setattr(twins, "_digest", lambda name: f"another {name}")
    load_steps.__globals__["_steps"].cache_clear()
    try:
        steps = load_steps()
    finally:
        monkeypatch.undo()
        load_steps.__globals__["_steps"].cache_clear()
    after = steps["word_units"].sql_hash, steps["questions"].sql_hash, steps["recordings"].sql_hash
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]
