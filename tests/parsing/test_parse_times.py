"""Seconds to milliseconds, and the times of turns."""

from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.parsing.times import milliseconds


@pytest.mark.parametrize(
    ("sent", "ms"),
    [
        (4.0199999, 4020),
        (4.02, 4020),
        (33.83, 33_830),
        (0.0005, 1),
        (1.0005, 1001),
        (0.5005, 501),
        (2.1875, 2188),
        (2.0015, 2002),
        (1.0004999, 1000),
        (7, 7000),
        ("1.5", 1500),
        (-0.02, -20),
        (2_147_483.647, 2_147_483_647),
        (None, None),
        (0, 0),
    ],
)
def test_seconds_become_whole_milliseconds_halves_up(sonix_turn, sent, ms):
    """Noisy floats must not show as 4019 ms; half a millisecond goes up as the number was written."""
    word = sonix_turn({"text": "Hi", "start_time": sent}).words.to_pylist()[0]
    assert word["start_ms"] == ms


@given(st.lists(st.none() | st.floats(-1e6, 2e6) | st.decimals(0, 10**6, places=4).map(float)))
def test_rounding_agrees_with_decimal_arithmetic(seconds):
    """Binary floats would put every other half millisecond on the wrong side."""
    expected = [
        None if each is None else int((Decimal(repr(each)) * 1000 + Decimal("0.5")).to_integral_value(ROUND_FLOOR))
        for each in seconds
    ]
    assert [None if each != each else int(each) for each in milliseconds(seconds)] == expected


@pytest.mark.parametrize("sent", [2_147_483.648, 1e12, -1e300, "Infinity", "NaN"])
def test_a_time_that_no_media_has_is_reported_with_its_place(sonix_turn, sent):
    """Clamped it would look like a real time; wrapped around it would be another word's."""
    with pytest.raises(PayloadError, match=r"sonix transcript 'rec-1' \(latest\).*end of token 1") as caught:
        sonix_turn("ok", {"text": "Hi", "end_time": sent})
    assert "\n" not in str(caught.value)


def test_a_turns_time_that_no_media_has_is_reported_too(sonix):
    """The same rule holds for segments."""
    with pytest.raises(PayloadError, match="start of turn 1"):
        sonix([{"start_time": 1}, {"start_time": 1e10}])


@pytest.mark.parametrize("sent", ["", "00:00:01", [1], {}, True])
def test_a_time_that_is_no_number_is_reported_with_its_place(sonix_turn, sent):
    """It is not read as untimed: a changed format would silently empty every timing measure."""
    with pytest.raises(PayloadError, match=r"transcript\[0\]\.words\[0\]\.start_time"):
        sonix_turn({"text": "Hi", "start_time": sent})


@pytest.mark.parametrize(
    ("turn", "words", "expected"),
    [
        pytest.param((1, 8), [(2, 3), (4, 5)], (1000, 8000), id="the vendor's, when wider"),
        pytest.param((2.5, 4), [(2, 3), (4, 5)], (2000, 5000), id="widened to its words"),
        pytest.param((None, None), [(2, 3), (4, 5)], (2000, 5000), id="of its words, when not given"),
        pytest.param((None, None), [(4, 5), (2, 3)], (2000, 5000), id="whatever their order"),
        pytest.param((None, 9), [(2, None)], (None, 9000), id="a half-timed word widens nothing"),
        pytest.param((None, None), [(2, None), (None, 3)], (None, None), id="nothing timed"),
        pytest.param((None, None), [(5, 3)], (5000, 5000), id="a reversed word lasts no time"),
        pytest.param((9, 3), [], (9000, 3000), id="a reversed turn is kept as sent"),
    ],
)
def test_a_turn_spans_its_timed_words(sonix, turn, words, expected):
    """A segment's start may be later than its first word's: pauses and gaps would come out negative."""
    sent = [{"text": "x", "start_time": start, "end_time": end} for start, end in words]
    parsed = sonix([{"start_time": turn[0], "end_time": turn[1], "words": sent}])
    row = parsed.turns.to_pylist()[0]
    assert (row["start_ms"], row["end_ms"]) == expected


def test_reversed_overlapping_and_zero_length_words_are_kept_as_sent(sonix_turn, column):
    """Times are evidence: they are counted carefully, not corrected."""
    parsed = sonix_turn(
        {"text": "a", "start_time": 3, "end_time": 2},
        {"text": "b", "start_time": 2, "end_time": 4},
        {"text": "c", "start_time": 3, "end_time": 3},
    )
    assert column(parsed.words, "start_ms") == [3000, 2000, 3000]
    assert column(parsed.words, "end_ms") == [2000, 4000, 3000]
    assert column(parsed.turns, "phonation_ms") == [2000]
    assert column(parsed.turns, "timed_word_count") == [3]


def test_phonation_leaves_out_punctuation(sonix_turn, column):
    """A dash that the vendor timed is not speech."""
    assert column(sonix_turn(" a", " -", " b").turns, "phonation_ms") == [2000]


def test_phonation_beyond_32_bits_is_reported_with_its_place(sonix):
    """Words of a million seconds overlap in one turn: wrapped around, their sum would be a negative time."""
    long = {"text": " a", "start_time": 0, "end_time": 1_000_000}
    assert sonix([{"words": [long] * 2}]).turns.to_pylist()[0]["phonation_ms"] == 2_000_000_000
    with pytest.raises(PayloadError, match="turn 1: its words last longer"):
        sonix([{}, {"words": [long] * 3}])
