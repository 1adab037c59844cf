"""What real transcripts show: ten earnings calls that an aligner cut, seven meetings marked by hand."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.marts.talk import Marts

from .test_every_mart import REAL, calls

DOCS = Path(__file__).resolve().parents[2] / "docs"

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="real conversations are not here: no ../shared/real beside this checkout"
)


@pytest.mark.slow
def test_earnings_calls_have_no_latency_overlap_or_interruptions_and_say_why() -> None:
    """An aligner's cuts pass for people who answer within 0 ms and never interrupt: analysts decide on an artefact."""
    transcripts = calls().transcripts
    sides: list[dict[str, Any]] = [
        {**row, "person": None, "side": "AB"[i % 2]}
        for one in transcripts
        for i, row in enumerate(
            {
                tuple(turn.values()): turn
                for turn in one.turns.select(["provider", "recording_id", "speaker"]).to_pylist()
                if turn["speaker"] is not None
            }.values()
        )
    ]
    marts = Marts(*transcripts, speaker_map=sides)
    quality = marts.rows("transcript_quality")
    assert len(quality) == 10
    for row in quality:
        name = (row["provider"], row["recording_id"])
        assert (row["shows_overlap"], "abutting" in row["reasons"].split(", ")) == (False, True), name
        assert row["abutting_transfers"] > 0.86 * row["transfers"], name
        assert row["overlapping_transfers"] == 0, name
    measured = ("response_latency_median_ms", "response_latency_p90_ms", "overlap_ms", "overlap_share", "interruptions")
    assert marts.rows("conversation_stats", *measured) == [(None,) * len(measured)] * 10
    assert set(marts.rows("turn_transitions", "offset_ms", "overlap_ms")) == {(None, None)}
    assert {kind for (kind,) in marts.rows("turn_transitions", "kind")} <= {None, "back_channel"}
    assert marts.rows("interruptions") == marts.rows("overlaps") == []
    assert set(marts.rows("side_stats", "interruptions", "patience_ms")) == {(None, None)}
    # What the times do show stays.
    kept = ("speaking_ms", "silence_ms", "floor_changes", "turn_balance", "longest_turn_ms")
    assert all(None not in row for row in marts.rows("conversation_stats", *kept))


def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("turn_taking", DOCS / "turn_taking.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_plot_of_floor_transfer_offsets_is_that_of_the_meetings() -> None:
    """The picture beside the published figures is of other definitions than those of the marts."""
    drawn = drawing()
    found = drawn.offsets([drawn.transcript(path) for path in sorted((REAL / "ami").glob("*.rttm"))])
    assert (DOCS / "images" / "turn_taking.svg").read_text(encoding="utf-8") == drawn.draw(found)
    page = (DOCS / "turn_taking.md").read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", page)
    assert f"{len(found):,} changes of floor" in text
    assert f"mode is near {drawn.mode(found)} ms" in text
    assert f"{sum(offset < 0 for offset in found) / len(found):.0%} overlap".replace("%", " %") in text
    # Published: people answer some 200 ms after the turn before, in conversation as in answers to questions.
    assert 0 <= drawn.mode(found) <= 300
