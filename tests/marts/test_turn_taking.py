"""Golden conversations, worked out by hand: how the floor changes hands."""

from __future__ import annotations

import math
from typing import Any

import pytest

from .talk import Marts, sonix, turn

BID = ("from_speaker", "to_speaker", "offset_ms", "kind", "takes_floor")


def bids(*turns: dict[str, Any]) -> list[Any]:
    return Marts(sonix(*turns)).rows("turn_transitions", *BID)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (4799, "interruption"),
        (4800, "interruption"),
        (4801, "overlap"),
        (4999, "overlap"),
        (5000, "latch"),
        (5120, "latch"),
        (5121, "gap"),
        (9000, "gap"),
    ],
)
def test_kind_by_offset(start: int, kind: str) -> None:
    """The documented thresholds are not the ones applied."""
    found = bids(turn("Ann", 0, 5000, "one two three four"), turn("Bob", start, 12_000, "five six seven eight"))
    assert found == [("Ann", "Bob", start - 5000, kind, True)]


def test_turn_inside_another_does_not_take_the_floor() -> None:
    """A failed attempt to speak counts as an interruption, and the next speaker as following the wrong one."""
    assert bids(
        turn("Ann", 0, 10_000, "one two three four"),
        turn("Bob", 2000, 6000, "let me say something now"),
        turn("Cem", 11_000, 14_000, "and I say this"),
    ) == [("Ann", "Bob", -8000, "overlap", False), ("Ann", "Cem", 1000, "gap", True)]


def test_back_channel_within_a_turn() -> None:
    """Every "mhm" counts as an interruption."""
    assert bids(
        turn("Ann", 0, 10_000, "one two three four"),
        turn("Bob", 4000, 4500, "mhm"),
        turn("Ann", 10_200, 12_000, "five six"),
        turn("Bob", 13_000, 16_000, "now it is my turn"),
    ) == [("Ann", "Bob", -8000, "back_channel", False), ("Ann", "Bob", 1000, "gap", True)]


def test_back_channel_in_clear_air() -> None:
    """An "uh huh" between two stretches of one speaker counts as two changes of floor."""
    assert bids(
        turn("Ann", 0, 5000, "so we went there"),
        turn("Bob", 5100, 5600, "uh huh"),
        turn("Ann", 5700, 9000, "and it was closed"),
    ) == [("Ann", "Bob", 100, "back_channel", False)]


@pytest.mark.parametrize(
    ("before", "short", "resumes"),
    [
        ("did you go there?", "yes", 5700),
        ("so we went there", "yes but it is", 5700),
        ("so we went there", "yes", 6700),
    ],
    ids=["an answer", "four words", "no prompt resumption"],
)
def test_short_turns_that_are_no_back_channels(before: str, short: str, resumes: int) -> None:
    """A short answer is taken for a back-channel and its floor change lost."""
    found = bids(turn("Ann", 0, 5000, before), turn("Bob", 5100, 5600, short), turn("Ann", resumes, 9000, "I see then"))
    assert [(row[1], row[4]) for row in found] == [("Bob", True), ("Ann", True)]


def test_three_speakers_overlapping_pass_the_floor_on() -> None:
    """With three speakers the wrong one is said to be interrupted."""
    marts = Marts(
        sonix(turn("Ann", 0, 5000, "a b c d"), turn("Bob", 3000, 7000, "e f g h"), turn("Cem", 4000, 9000, "i j k l"))
    )
    assert marts.rows("turn_transitions", *BID) == [
        ("Ann", "Bob", -2000, "interruption", True),
        ("Bob", "Cem", -3000, "interruption", True),
    ]
    assert marts.rows("interruptions", "interrupter", "interrupted", "interruptions", "overlap_ms", "per_hour") == [
        ("Bob", "Ann", 1, 2000, 400.0),
        ("Cem", "Bob", 1, 3000, 400.0),
    ]


def test_unknown_speakers_change_the_floor_with_known_ones_only() -> None:
    """NULL speakers vanish from transitions, or two NULL neighbours make one."""
    assert bids(
        turn("Ann", 0, 1000, "a b c d"), turn(None, 1500, 2500, "e f g h"), turn("", 3000, 4000, "i j k l")
    ) == [("Ann", None, 500, "gap", True)]


def test_untimed_turns_have_no_offset_and_hide_the_gap_they_lie_in() -> None:
    """A turn without times is placed at zero and overlaps everything, or a gap in which it was said is measured."""
    assert bids(
        turn("Ann", 0, 1000, "a b c d"),
        turn("Bob", None, None, [("e", None, None)]),
        turn("Cem", 1500, 2500, "f g h i"),
    ) == [("Ann", "Cem", None, None, True)]


def test_conversation_stats() -> None:
    """The one-line summary of a conversation is wrong."""
    marts = Marts(
        sonix(
            turn("Ann", 0, 70_000, "one two three four"),
            turn("Bob", 70_100, 80_100, "five six seven eight"),
            turn("Ann", 80_600, 90_600, "nine ten eleven twelve"),
            turn("Bob", 92_600, 102_600, "a b c d"),
            duration_ms=205_200,
        )
    )
    stats = marts.one("conversation_stats")
    assert (stats["speakers"], stats["main_speakers"], stats["words"], stats["turns"]) == (2, 2, 16, 4)
    assert (stats["floor_changes"], stats["response_latency_median_ms"], stats["response_latency_p90_ms"]) == (
        3,
        500,
        2000,
    )
    assert stats["monologue_share"] == pytest.approx(0.7)
    share = 0.8
    entropy = -(share * math.log(share) + (1 - share) * math.log(1 - share)) / math.log(2)
    assert stats["turn_balance"] == pytest.approx(entropy)
    assert stats["coverage"] == pytest.approx(0.5)


def test_one_speaker_has_no_balance_and_no_latency() -> None:
    """A monologue divides by the logarithm of one."""
    stats = Marts(sonix(turn("Ann", 0, 1000, "one"))).one("conversation_stats")
    assert (stats["turn_balance"], stats["response_latency_median_ms"], stats["floor_changes"]) == (None, None, 0)
