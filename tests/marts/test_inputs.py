"""What marts read is loaded as integers that stand for texts: it must make no difference to any of them."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import sqlglot

from sonitemi_pipelines.lake.record import Transcript
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts.changes import Changes, all_transcripts
from sonitemi_pipelines.marts.compute import connect, put, result, step
from sonitemi_pipelines.marts.inputs import INPUTS, Inputs
from sonitemi_pipelines.marts.model import load_steps
from sonitemi_pipelines.marts.tables_read import parsed, tables_read
from tests.truth.hard import segments

from .generated import conversation
from .talk import sonix, temi, words

STEPS = {name: mart for name, mart in load_steps().items() if mart.is_transcript_grain}


def transcripts(seed: int) -> list[Transcript]:
    """Of both vendors, some under one id, with an unknown speaker, struck words, variants, and one without any word."""
    said = words("so um the price is *** (laughter) it's 3.5 don't you agree?", 0, 6000)
    machine = temi(("Ann", words("so the price", 0, 900)), recording_id="rec0", variant="machine")
    return [
        *(sonix(*segments(seed + i), recording_id=f"rec{i}", language="en") for i in range(4)),
        conversation(seed, recording_id="rec4"),
        temi(("Ann", said), ("Bob", said[:5]), ("Ann", said[3:]), recording_id="rec0"),
        machine,
        temi(("Ann", []), recording_id="rec5"),
    ]


def computed(lake: Lake, part: Changes, plain: list[Transcript] | None = None) -> dict[str, pa.Table]:
    """Every mart of grain transcript, from the lake as a run loads it, or from `plain` tables of text."""
    with connect() as connection:
        if plain is None:
            Inputs(connection, lake, STEPS.values(), lake.snapshot(list(TABLES))).load(part)
        else:
            for table in INPUTS:
                put(connection, table.name, pa.concat_tables([getattr(each, table.name) for each in plain]))
        for mart in STEPS.values():
            step(mart, connection)
        return {name: result(mart, connection) for name, mart in STEPS.items() if mart.stored}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(10, 100, 10))])
def test_every_mart_is_the_same_as_from_plain_text(tmp_path: Path, seed: int) -> None:
    """What makes marts quick makes them wrong."""
    given = transcripts(seed)
    lake = Lake(str(tmp_path))
    commit_transcripts(lake, given)
    everything = all_transcripts(lake, lake.snapshot(["transcripts"])["transcripts"])
    dice = random.Random(seed)
    some = pa.array([dice.random() < 0.7 or place == 0 for place in range(everything.present.num_rows)])
    part = Changes(everything.present.filter(some), everything.gone, rebuild=True)
    keys = {tuple(row[name] for name in ("provider", "recording_id")) for row in part.present.to_pylist()}
    plain = [each for each in given if (each.source.provider, each.source.recording_id) in keys]
    quick, slow = computed(lake, part), computed(lake, part, plain)
    for name, rows in slow.items():
        assert _rounded(quick[name]) == _rounded(rows), name
        assert quick[name].schema.equals(rows.schema)


def test_a_part_of_nothing_has_no_rows(tmp_path: Path) -> None:
    """A definition is tried on nothing to tell whether it or the data is at fault."""
    lake = Lake(str(tmp_path))
    commit_transcripts(lake, transcripts(1))
    everything = all_transcripts(lake, lake.snapshot(["transcripts"])["transcripts"])
    found = computed(lake, Changes(everything.present.slice(0, 0), everything.gone, rebuild=True))
    assert {rows.num_rows for rows in found.values()} == {0}


def test_one_connection_serves_part_after_part(tmp_path: Path) -> None:
    """The second million words fails, or holds rows of the first."""
    lake = Lake(str(tmp_path))
    commit_transcripts(lake, transcripts(2))
    everything = all_transcripts(lake, lake.snapshot(["transcripts"])["transcripts"])
    with connect() as connection:
        inputs = Inputs(connection, lake, STEPS.values(), lake.snapshot(list(TABLES)))
        for recording in ("rec1", "rec2", "rec0"):
            mine = pc.equal(everything.present["recording_id"], pa.scalar(recording))
            inputs.load(Changes(everything.present.filter(mine), everything.gone, rebuild=True))
            for mart in STEPS.values():
                step(mart, connection)
            assert set(result(STEPS["terms"], connection)["recording_id"].to_pylist()) == {recording}


def test_tables_that_a_mart_reads_are_those_that_another_parser_finds() -> None:
    """A mart is not computed again when what it reads changes."""
    for mart in load_steps().values():
        [found] = parsed([mart.sql])
        assert tables_read((mart.sql,)) == (found,)
        [tree] = sqlglot.parse(mart.sql, read="duckdb")
        assert tree is not None
        own = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
        expected = {table.name for table in tree.find_all(sqlglot.exp.Table) if table.name} - own
        assert found == frozenset(expected), mart.name


def _rounded(rows: pa.Table) -> list[object]:
    """Rows in any order; sums of floats may differ in the last digit by the order of their terms."""
    found = [
        tuple(round(value, 9) if isinstance(value, float) else repr(value) for value in row.values())
        for row in rows.to_pylist()
    ]
    return sorted(found, key=repr)
