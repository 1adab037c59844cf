"""What must hold of the measures of time in every conversation, however it is written down."""

from __future__ import annotations

import copy
import itertools
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.marts.talk import Marts, sonix

from .hard import segments

Segments = list[dict[str, Any]]
MEASURED = (
    "conversation_stats",
    "speaker_stats",
    "inter_pausal_units",
    "joined_turns",
    "turn_transitions",
    "interruptions",
    "pauses",
    "silences",
    "overlaps",
    "speech_rate_timeline",
)
LISTING = {"recording_id", "word_index", "first_word_index", "last_word_index", "first_turn_index", "last_turn_index"}
CUT = {"vendor_turns", "vendor_span_ms"}
seeds = st.lists(st.integers(0, 10**6), min_size=6, max_size=6, unique=True)
quickly = settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


def changed(pairs: list[tuple[Segments, Segments]], ignored: set[str], marts: tuple[str, ...] = MEASURED) -> list[str]:
    """Which marts tell the two writings of a conversation apart, and in what."""
    both = [
        sonix(*said, recording_id=f"{side}{i:03}")
        for i, pair in enumerate(pairs)
        for side, said in zip("ab", pair, strict=True)
    ]
    computed = Marts(*both)
    found = []
    for name in marts:
        rows: dict[str, list[str]] = {}
        for row in computed.rows(name):
            kept = {key: round(value, 9) if isinstance(value, float) else value for key, value in row.items()}
            rows.setdefault(row["recording_id"], []).append(
                repr(sorted((key, value) for key, value in kept.items() if key not in ignored | LISTING))
            )
        for i in range(len(pairs)):
            one, other = sorted(rows.get(f"a{i:03}", [])), sorted(rows.get(f"b{i:03}", []))
            if one != other:
                found.append(f"{name} of {i}: {[row for row in one if row not in other]} became {other}")
    return found


@quickly
@given(seeds)
def test_the_order_in_which_turns_are_listed_changes_no_measure(drawn: list[int]) -> None:
    """A vendor that lists by channel makes other turns, interruptions or silences of the same conversation."""
    pairs = []
    for seed in drawn:
        said = segments(seed, spanless=False)
        shuffled = copy.deepcopy(said)
        random.Random(seed).shuffle(shuffled)
        pairs.append((said, shuffled))
    assert changed(pairs, set()) == []


@quickly
@given(seeds)
def test_cutting_every_vendor_turn_at_its_pauses_changes_no_measure(drawn: list[int]) -> None:
    """Where the vendor happens to cut changes what is measured of the people."""
    assert changed([(said, _cut(said)) for said in (segments(seed, odd=False) for seed in drawn)], CUT) == []


def _cut(said: Segments) -> Segments:
    found = []
    for segment in said:
        words = segment["words"]
        parts = [[words[0]]] if words else [[]]
        for before, after in itertools.pairwise(words):
            timed = before["end_time"] is not None and after["start_time"] is not None
            if timed and round(1000 * (after["start_time"] - before["end_time"])) >= 250:
                parts.append([])
            parts[-1].append(after)
        for number, part in enumerate(parts):
            start = segment["start_time"] if number == 0 else part[0]["start_time"]
            end = segment["end_time"] if number == len(parts) - 1 else part[-1]["end_time"]
            found.append({**segment, "words": part, "start_time": start, "end_time": end})
    return found


@quickly
@given(seeds, st.integers(1, 10**5))
def test_shift_of_time_changes_positions_only(drawn: list[int], shift: int) -> None:
    """A recording that begins later has other statistics."""
    pairs = []
    for seed in drawn:
        said = segments(seed, odd=False)
        later = copy.deepcopy(said)
        for item in [*later, *(word for segment in later for word in segment["words"])]:
            for edge in ("start_time", "end_time"):
                if item[edge] is not None:
                    item[edge] = (round(item[edge] * 1000) + 10 * shift) / 1000
        pairs.append((said, later))
    moved = {"start_ms", "end_ms", "at_ms", "first_spoken_ms", "last_spoken_ms"}
    assert changed(pairs, moved, MEASURED[:-1]) == []


@quickly
@given(seeds)
def test_parts_make_up_the_whole(drawn: list[int]) -> None:
    """Shares do not add to one, time is counted twice or not at all, or the holder's own return is a back-channel."""
    marts = Marts(*(sonix(*segments(seed), recording_id=f"rec{seed}") for seed in drawn))
    rows = {name: marts.rows(name) for name in MEASURED}
    for stats in rows["conversation_stats"]:
        own = {
            name: [row for row in found if row["recording_id"] == stats["recording_id"]] for name, found in rows.items()
        }
        assert stats["speaking_ms"] + stats["silence_ms"] + stats["untimed_ms"] == stats["span_ms"]
        assert sum(row["speaking_share"] or 0 for row in own["speaker_stats"]) == pytest.approx(1)
        assert sum(row["phonation_share"] or 0 for row in own["speaker_stats"]) == pytest.approx(1)
        assert sum(row["words"] for row in own["speaker_stats"]) == stats["words"]
        assert sum(row["duration_ms"] for row in own["silences"]) <= stats["silence_ms"]
        assert sum(row["takes_floor"] for row in own["turn_transitions"]) == stats["floor_changes"]
        assert sum(row["word_count"] for row in own["joined_turns"]) == stats["words"]
        assert stats["turn_balance"] is None or 0 <= stats["turn_balance"] <= 1 + 1e-9
        assert all(row["from_speaker"] != row["to_speaker"] for row in own["turn_transitions"])
        if stats["overlap_ms"] is not None:
            assert sum(row["duration_ms"] for row in own["overlaps"]) == stats["overlap_ms"]
            assert sum(row["end_ms"] - row["start_ms"] for row in own["inter_pausal_units"]) >= stats["speaking_ms"]
        for row in own["speaker_stats"]:
            assert (row["speaking_ms"] or 0) <= (row["talk_ms"] or 0)
        minutes = sum(row["speaking_ms"] for row in own["speech_rate_timeline"])
        assert minutes == sum(row["speaking_ms"] or 0 for row in own["speaker_stats"])
