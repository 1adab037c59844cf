"""A lake of an earlier release gets its spoken words from the payloads it keeps."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, SPOKEN_WORDS, TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.parsing.columns import Columns
from sonitemi_pipelines.pipeline.read_again import read_again
from sonitemi_pipelines.vendors.sonix.parse import take_apart

from .talk import sonix, temi, turn, words


@pytest.fixture
def old_lake(tmp_path: Path) -> Lake:
    """As 0.1.0 left it: no table of spoken words, though their number stands in the headers."""
    (tmp_path / "locks").mkdir()
    lake = Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")
    said = [sonix(turn("Ann", 0, 4000, "one two three four"), recording_id=f"r{n}") for n in range(3)]
    without = [
        dataclasses.replace(t, spoken_words=t.spoken_words.slice(0, 0))
        for t in (*said, temi(("Bob", words("five six", 0, 2000))))
    ]
    commit_transcripts(lake, without)
    return lake


def test_transcripts_of_an_earlier_release_get_their_words(old_lake: Lake) -> None:
    """Terms and search stay empty for everything fetched before the upgrade."""
    assert read_again(old_lake, "sonix", take_apart) == []
    spoken = old_lake.read(SPOKEN_WORDS)
    assert Counter(spoken["recording_id"].to_pylist()) == {f"r{n}": 4 for n in range(3)}
    assert old_lake.read(RAW_PAYLOADS).num_rows == old_lake.read(TRANSCRIPTS).num_rows == 4
    before = old_lake.snapshot([TRANSCRIPTS.name, SPOKEN_WORDS.name])
    assert read_again(old_lake, "sonix", take_apart) == []
    assert old_lake.snapshot([TRANSCRIPTS.name, SPOKEN_WORDS.name]) == before, "nothing is left to do, nothing is done"


def test_one_payload_that_can_no_longer_be_read_is_named_and_stops_no_other(old_lake: Lake) -> None:
    """One odd payload of last year keeps all others without words."""

    def picky(body: bytes, source: Source) -> Columns:
        if source.recording_id == "r1":
            raise PayloadError("sonix transcript 'r1' is not usable")
        return take_apart(body, source)

    assert read_again(old_lake, "sonix", picky) == ["sonix transcript 'r1' is not usable"]
    assert set(old_lake.read(SPOKEN_WORDS)["recording_id"].to_pylist()) == {"r0", "r2"}
