"""What must hold of every conversation, whatever is said in it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .generated import segments
from .talk import Marts, sonix

MARTS = (
    "speaker_stats",
    "conversation_stats",
    "turn_transitions",
    "pauses",
    "silences",
    "overlaps",
    "terms",
    "fillers",
)
SPAN = {"speaking_ms", "silence_ms", "span_ms"}
quickly = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def measured(*turns: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    marts = Marts(sonix(*turns))
    return {name: marts.rows(name) for name in MARTS}


@quickly
@given(st.integers(0, 10**6))
def test_parts_make_up_the_whole(seed: int) -> None:
    """Shares do not add to one, or time is counted twice or not at all."""
    found = measured(*segments(seed))
    (stats,) = found["conversation_stats"]
    assert stats["speaking_ms"] + stats["silence_ms"] == stats["span_ms"]
    assert 0 <= stats["overlap_ms"] <= stats["speaking_ms"]
    assert sum(row["speaking_share"] for row in found["speaker_stats"]) == pytest.approx(1)
    assert sum(row["words"] for row in found["speaker_stats"]) == stats["words"]
    assert sum(row["duration_ms"] for row in found["silences"]) <= stats["silence_ms"]
    assert sum(row["duration_ms"] for row in found["overlaps"]) == stats["overlap_ms"]
    assert sum(row["takes_floor"] for row in found["turn_transitions"]) == stats["floor_changes"]
    assert stats["turn_balance"] is None or 0 <= stats["turn_balance"] <= 1 + 1e-9


@quickly
@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_shift_of_time_changes_positions_only(seed: int, shift: int) -> None:
    """A recording that begins later has other statistics."""
    turns = segments(seed)
    later = copy.deepcopy(turns)
    for item in [*later, *(word for segment in later for word in segment["words"])]:
        for edge in ("start_time", "end_time"):
            if item[edge] is not None:
                item[edge] = (round(item[edge] * 1000) + 10 * shift) / 1000
    before, after = measured(*turns), measured(*later)
    for name in MARTS:
        moved = {"start_ms", "end_ms", "at_ms", "first_ms", "first_spoken_ms", "last_spoken_ms"}
        assert [{**row, **dict.fromkeys(moved & row.keys())} for row in before[name]] == [
            {**row, **dict.fromkeys(moved & row.keys())} for row in after[name]
        ], name


@quickly
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1))
def test_cutting_a_turn_in_two_changes_nothing(seed: int, which: int, where: float) -> None:
    """Where the vendor happens to cut changes what is measured of the people."""
    turns = segments(seed)
    whole = turns[which % len(turns)]
    split = round(len(whole["words"]) * where)
    first, second = copy.deepcopy(whole), copy.deepcopy(whole)
    first["words"], second["words"] = whole["words"][:split], whole["words"][split:]
    timed = [w for w in first["words"] if w["end_time"] is not None]
    at = timed[-1]["end_time"] if timed else whole["start_time"]
    first["end_time"] = second["start_time"] = at
    index = which % len(turns)
    before, after = measured(*turns), measured(*turns[:index], first, second, *turns[index + 1 :])
    for name in MARTS:
        cut = {"vendor_turns"}
        assert [{**row, **dict.fromkeys(cut & row.keys())} for row in before[name]] == [
            {**row, **dict.fromkeys(cut & row.keys())} for row in after[name]
        ], name
