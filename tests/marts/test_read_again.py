"""A lake of an earlier release gets its spoken words from the payloads it keeps."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TRANSCRIPTS, WORDS
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.parsing.columns import Columns
from sonitemi_pipelines.pipeline.read_again import read_again
from sonitemi_pipelines.vendors.sonix.parse import take_apart

from .talk import sonix, temi, turn, words


@pytest.fixture
def old_lake(tmp_path: Path) -> Lake:
    """As 0.1.0 left it: its words are not split, though their number stands in the headers."""
    (tmp_path / "locks").mkdir()
    lake = Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")
    said = [sonix(turn("Ann", 0, 4000, "one two three four"), recording_id=f"r{n}") for n in range(3)]
    without = [
        dataclasses.replace(
            t,
            transcripts=_without(t.transcripts, "split_word_count"),
            words=_without(t.words, "position", "whole", "term"),
            split_words=t.split_words.slice(0, 0),
        )
        for t in (*said, temi(("Bob", words("five six", 0, 2000))))
    ]
    commit_transcripts(lake, without)
    return lake


def _without(rows: pa.Table, *names: str) -> pa.Table:
    for name in names:
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(place), pa.nulls(rows.num_rows, rows.schema.field(place).type))
    return rows


def _said(lake: Lake) -> Counter[str]:
    """Tokens of each recording that are known to be a word."""
    rows = lake.read(WORDS, ["recording_id", "whole"]).to_pylist()
    return Counter(row["recording_id"] for row in rows if row["whole"])


def test_transcripts_of_an_earlier_release_get_their_words(old_lake: Lake) -> None:
    """Terms and search stay empty for everything fetched before the upgrade."""
    assert read_again(old_lake, "sonix", take_apart) == []
    assert _said(old_lake) == {f"r{n}": 4 for n in range(3)}
    assert old_lake.read(RAW_PAYLOADS).num_rows == old_lake.read(TRANSCRIPTS).num_rows == 4
    before = old_lake.snapshot([TRANSCRIPTS.name, *PINNED])
    assert read_again(old_lake, "sonix", take_apart) == []
    assert old_lake.snapshot([TRANSCRIPTS.name, *PINNED]) == before, "nothing is left to do, nothing is done"


def test_one_payload_that_can_no_longer_be_read_is_named_and_stops_no_other(old_lake: Lake) -> None:
    """One odd payload of last year keeps all others without words."""

    def picky(body: bytes, source: Source) -> Columns:
        if source.recording_id == "r1":
            raise PayloadError("sonix transcript 'r1' is not usable")
        return take_apart(body, source)

    assert read_again(old_lake, "sonix", picky) == ["sonix transcript 'r1' is not usable"]
    assert set(_said(old_lake)) == {"r0", "r2"}
