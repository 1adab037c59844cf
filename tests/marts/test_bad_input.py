"""What vendors really send: every mart gives a defined answer, none an error."""

from __future__ import annotations

import dataclasses
import math

import pytest

from sonitemi_pipelines.lake.record import Transcript
from tests.parsed import parse_sonix, parse_temi

from .talk import STEPS, Marts, sonix, stored, temi, turn, words

LONG = 12 * 3600 * 1000

CASES = {
    "empty": sonix(),
    "turn without words": sonix(turn("Ann", 0, 1000, [])),
    "one speaker": sonix(turn("Ann", 0, 1000, "one two")),
    "no speakers": sonix(turn(None, 0, 1000, "one"), turn("", 1000, 2000, "two")),
    "untimed": sonix(turn("Ann", None, None, [("one", None, None)]), turn("Bob", None, None, [("two", None, None)])),
    "half timed": sonix(turn("Ann", None, None, [("one", 100, None), ("two", None, 300)])),
    "reversed": sonix(turn("Ann", 9000, 100, [("one", 800, 200)]), turn("Bob", 500, 400, [("two", 700, 600)])),
    "no length": sonix(turn("Ann", 500, 500, [("one", 500, 500)]), turn("Bob", 500, 500, [("two", 500, 500)])),
    "twelve hours": sonix(turn("Ann", 0, LONG, "one two"), turn("Bob", LONG - 10, LONG, "three"), duration_ms=LONG),
    "right to left": sonix(
        turn("سارة", 0, 2000, "مرحبا كيف حالك؟"), turn("דן", 2500, 4000, "שלום לכולם"), language="ar"
    ),
    "Japanese": sonix(turn("田中", 0, 2000, [("今日は", 0, 900), ("いい天気です。", 900, 2000)]), language="ja"),
    "Thai": sonix(turn("ก", 0, 2000, [("สวัสดีครับ", 0, 2000)]), language="th"),
    "emoji": sonix(turn("🙂", 0, 2000, "👍 great 🎉🎉"), turn("Ann", 2000, 3000, "👋")),
    "quotes": sonix(turn('O\'Brien "x"; --', 0, 1000, "it's 'fine' -- \"yes\"?"), recording_id="a'b\"c;--"),
    "no language": sonix(turn("Ann", 0, 1000, "um one"), language=None),
    "no length listed": sonix(turn("Ann", 0, 1000, "um one"), duration_ms=0),
    "temi untimed": temi(("Ann", [("one", None, None), ("two", 500, None)])),
    "temi emptied by an editor": temi(("Ann", [])),
}


@pytest.fixture(scope="module")
def together() -> Marts:
    """All cases in one lake, with the machine transcript of one that an editor emptied."""
    renamed = [_renamed(transcript, f"case{i}") for i, transcript in enumerate(CASES.values())]
    machine = temi(("Ann", words("one two", 0, 2000)), recording_id=f"case{len(CASES) - 1}", variant="machine")
    return Marts(*renamed, machine)


def _renamed(transcript: Transcript, recording_id: str) -> Transcript:
    parse = parse_sonix if transcript.source.provider == "sonix" else parse_temi
    body = transcript.raw_payloads["body"][0].as_py()
    return parse(body, dataclasses.replace(transcript.source, recording_id=recording_id))


@pytest.mark.parametrize("name", stored())
def test_every_mart_survives_and_holds_no_nonsense(together: Marts, name: str) -> None:
    """One odd transcript stops the run for all, or puts a negative time or a NaN into a report."""
    table = together.table(name)
    assert table.schema.equals(STEPS[name].table.schema)
    for row in table.to_pylist():
        for column, value in row.items():
            if isinstance(value, float):
                assert math.isfinite(value), f"{column} of {row}"
            if column.endswith("_ms") and column != "offset_ms" and value is not None:
                assert value >= 0, f"{column} of {row}"
            if column.endswith("_share") and value is not None:
                assert 0 <= value <= 1, f"{column} of {row}"


@pytest.mark.parametrize("name", [name for name in stored() if STEPS[name].is_transcript_grain])
def test_keys_are_unique(together: Marts, name: str) -> None:
    """A row that stands twice is deleted or counted twice by whoever trusts the key."""
    keys = [tuple(str(row[column]) for column in STEPS[name].key) for row in together.rows(name)]
    assert len(keys) == len(set(keys))


def test_emptied_by_an_editor_has_no_rate() -> None:
    """An edited transcript without words divides by zero."""
    machine = temi(("Ann", words("one two", 0, 2000)), variant="machine")
    edits = Marts(machine, temi(("Ann", []))).one("transcript_edits")
    assert (edits["reference_words"], edits["insertions"], edits["word_error_rate"]) == (0, 2, None)


def test_scripts_without_spaces_count_the_vendors_tokens() -> None:
    """Japanese words are counted in a way nobody can say."""
    marts = Marts(CASES["Japanese"])
    assert marts.one("speaker_stats")["words"] == 2
    assert [row[0] for row in marts.rows("terms", "term")] == ["いい天気です", "今日は"]


def test_no_mart_reads_a_transcript_of_another(together: Marts) -> None:
    """A transcript's numbers depend on which others were computed with it, so that increments differ from rebuilds."""
    alone = Marts(_renamed(CASES["one speaker"], "case2"))
    for name in ("speaker_stats", "conversation_stats", "terms", "speech_rate_timeline", "turn_transitions"):
        with_others = [row for row in together.rows(name) if row["recording_id"] == "case2"]
        assert alone.rows(name) == with_others
