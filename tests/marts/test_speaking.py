"""Golden conversations, worked out by hand: who speaks how long, how much and how fast."""

from __future__ import annotations

import pytest

from .talk import Marts, sonix, temi, turn


def test_speaker_stats_of_a_short_dialogue() -> None:
    """An analyst reads wrong speaking time, rate or share for every conversation."""
    marts = Marts(
        sonix(
            turn("Ann", 0, 6000, [("Hello", 0, 1000), ("there,", 1500, 2500), ("ready?", 5000, 6000)]),
            turn("Bob", 7000, 9000, "Yes I am"),
            turn("Ann", 9000, 12000, "um good then we start"),
        )
    )
    ann = marts.one("speaker_stats", speaker="Ann")
    # Silences of half a second and of 2.5 s are no speaking; the second is a lapse, which ends a turn of talk.
    assert ann["speaking_ms"] == 1000 + 1000 + 1000 + 3000
    assert ann["talk_ms"] == 2500 + 1000 + 3000
    assert ann["phonation_ms"] == 3 * 1000 + 3000
    assert ann["speaking_share"] == pytest.approx(6 / 8)
    assert ann["vendor_span_ms"] == 6000 + 3000
    assert (ann["turns"], ann["vendor_turns"], ann["words"], ann["timed_words"]) == (3, 2, 8, 8)
    assert ann["speech_rate_wpm"] == pytest.approx(8 / (6.5 / 60))
    assert ann["articulation_rate_wpm"] == pytest.approx(8 / (6 / 60))
    assert (ann["longest_turn_ms"], ann["median_turn_ms"]) == (3000, 2500)
    assert (ann["questions"], ann["fillers"], ann["filler_rate"]) == (1, 1, 12.5)
    assert (ann["first_spoken_ms"], ann["last_spoken_ms"]) == (0, 12000)


def test_overlap_with_oneself_counts_once() -> None:
    """A vendor that cuts one speaker's turns overlapping makes them speak longer than the clock."""
    marts = Marts(
        sonix(turn("Ann", 0, 5000, "one two"), turn("Bob", 1000, 2000, "no"), turn("Ann", 3000, 7000, "three"))
    )
    assert marts.one("speaker_stats", speaker="Ann")["speaking_ms"] == 7000


def test_neighbouring_turns_of_one_speaker_are_one_turn_of_talk() -> None:
    """Where the vendor cuts changes how many turns a speaker has."""
    marts = Marts(
        sonix(turn("Ann", 0, 1000, "one"), turn("Ann", 1000, 4000, "two three"), turn("Bob", 4000, 5000, "four"))
    )
    ann = marts.one("speaker_stats", speaker="Ann")
    assert (ann["turns"], ann["vendor_turns"], ann["longest_turn_ms"]) == (1, 2, 4000)


def test_unknown_speaker_is_a_group_of_its_own() -> None:
    """Words of nobody known are given to somebody, or lost."""
    marts = Marts(sonix(turn("Ann", 0, 1000, "one"), turn(None, 1000, 2000, "two"), turn("", 2000, 4000, "three four")))
    unknown = marts.one("speaker_stats", speaker=None)
    assert (unknown["words"], unknown["speaking_ms"], unknown["turns"]) == (3, 3000, 1)
    assert marts.one("speaker_stats", speaker="Ann")["words"] == 1


def test_struck_words_count_in_time_and_not_in_text() -> None:
    """An editor's deletion makes a speaker faster, or leaves deleted words in the terms."""
    struck = turn("Ann", 0, 2000, "pineapple boat")
    struck["words"][0]["strikethrough"] = True
    marts = Marts(sonix(struck))
    stats = marts.one("speaker_stats", speaker="Ann")
    assert (stats["words"], stats["phonation_ms"]) == (2, 2000)
    assert marts.rows("terms", "n", "term") == [(1, "boat")]
    assert marts.rows("token_index", "token", "positions") == [("boat", [0])]


@pytest.mark.parametrize("timed", [0, 1, 2])
def test_a_rate_needs_half_of_the_words_timed(timed: int) -> None:
    """Untimed words over the span of the few timed ones give thousands of words a minute."""
    said = [(f"w{i}", 1000 * i if i < timed else None, 1000 * i + 1000 if i < timed else None) for i in range(4)]
    marts = Marts(temi(("Ann", said)))
    stats = marts.one("speaker_stats", speaker="Ann")
    assert stats["words"] == 4
    assert stats["timed_words"] == timed
    assert stats["speech_rate_wpm"] == (pytest.approx(4 / (2 / 60)) if timed == 2 else None)
    assert (stats["speaking_ms"] is None) == (timed == 0)
    assert (stats["phonation_ms"] is None) == (timed == 0)


def test_reversed_turn_has_no_time() -> None:
    """A turn that ends before it starts makes negative speaking time."""
    marts = Marts(sonix(turn("Ann", 5000, 1000, [("one", None, None)]), turn("Bob", 5000, 6000, "two")))
    ann = marts.one("speaker_stats", speaker="Ann")
    assert (ann["speaking_ms"], ann["longest_turn_ms"], ann["speech_rate_wpm"]) == (None, None, None)
    assert marts.one("speaker_stats", speaker="Bob")["speaking_share"] == 1


def test_timeline_covers_every_minute_and_clips_turns_to_it() -> None:
    """A chart of speech rate skips silent minutes, or counts a long turn in its first minute only."""
    marts = Marts(
        sonix(
            turn("Ann", 50_000, 70_000, [("one", 50_000, 59_000), ("two", 59_100, 62_000), ("three", 62_000, 66_000)]),
            turn("Bob", 190_000, 200_000, [("four", 190_000, 200_000)]),
        )
    )
    assert marts.rows("speech_rate_timeline", "minute", "speaker", "words", "speaking_ms", "speech_rate_wpm") == [
        (0, "Ann", 2, 10_000, 12.0),
        (0, "Bob", 0, 0, None),
        (1, "Ann", 1, 6_000, 10.0),
        (1, "Bob", 0, 0, None),
        (2, "Ann", 0, 0, None),
        (2, "Bob", 0, 0, None),
        (3, "Ann", 0, 0, None),
        (3, "Bob", 1, 10_000, 6.0),
    ]


def test_words_without_a_time_count_in_the_minute_they_were_said_in() -> None:
    """After an edit the rate over time is lower than the overall rate beside it, for words typed in are left out."""
    untimed = [(word, None, None) for word in ("typed", "in", "by", "hand")]
    marts = Marts(
        sonix(
            turn("Ann", 0, 75_000, [("one", 0, 4000), *untimed, ("two", 4000, 9000), ("three", 9000, 12_000)]),
            turn("Bob", 60_000, 75_000, [*untimed[:2], ("four", 62_000, 68_000), ("five", 68_000, 74_000)]),
            turn("Cid", 120_000, 130_000, [*untimed, ("six", 120_000, 130_000)]),
        )
    )
    rates = marts.rows("speech_rate_timeline", "minute", "speaker", "words", "timed_words", "speech_rate_wpm")
    assert [row for row in rates if row[2]] == [
        (0, "Ann", 7, 3, None),
        (1, "Bob", 4, 2, 20.0),
        (2, "Cid", 5, 1, None),
    ]
    overall = dict(marts.rows("speaker_stats", "speaker", "speech_rate_wpm"))
    assert overall["Bob"] == 20.0


def test_pauses_lie_within_turns_of_talk_and_cross_the_vendors_cut() -> None:
    """A pause is missed because the vendor cut the turn at it, or gaps between speakers are taken for pauses."""
    marts = Marts(
        sonix(
            turn("Ann", 0, 1000, [("one", 0, 400), ("two", 649, 1000)]),
            turn("Ann", 1400, 2000, [("three", 1400, 2000)]),
            turn("Bob", 4000, 5000, [("four", 4000, 4300), ("five", 4550, 5000)]),
        )
    )
    assert marts.rows("pauses", "speaker", "start_ms", "end_ms", "duration_ms") == [
        ("Ann", 1000, 1400, 400),
        ("Bob", 4300, 4550, 250),
    ]


def test_pause_begins_where_the_latest_word_ends() -> None:
    """A long word that a short one lies within leaves a silence that is none."""
    marts = Marts(sonix(turn("Ann", 0, 5000, [("long", 0, 3000), ("in", 500, 700), ("next", 3100, 5000)])))
    assert marts.rows("pauses") == []


def test_silences_and_overlaps_fill_the_span() -> None:
    """Time goes missing between speaking and silence."""
    marts = Marts(
        sonix(
            turn("Ann", 1000, 5000, "one two"),
            turn("Bob", 4000, 6000, "three"),
            turn("Ann", 7000, 8000, "four"),
            turn("Bob", 8200, 9000, "five"),
        )
    )
    assert marts.rows("silences", "start_ms", "end_ms", "duration_ms", "speaker_before", "speaker_after") == [
        (6000, 7000, 1000, "Bob", "Ann")
    ]
    assert marts.rows("overlaps", "start_ms", "end_ms", "speakers", "first_speaker", "second_speaker") == [
        (4000, 5000, 2, "Ann", "Bob")
    ]
    stats = marts.one("conversation_stats")
    assert (stats["span_ms"], stats["speaking_ms"], stats["silence_ms"], stats["overlap_ms"]) == (
        8000,
        6800,
        1200,
        1000,
    )
    assert stats["silence_share"] == pytest.approx(0.15)


def test_overlap_of_three_is_one_stretch() -> None:
    """Three people at once are counted as three overlaps, or their time three times."""
    marts = Marts(
        sonix(turn("Ann", 0, 5000, "a b c d"), turn("Bob", 3000, 7000, "e f g h"), turn("Cem", 4000, 9000, "i j k l"))
    )
    assert marts.rows("overlaps", "start_ms", "end_ms", "speakers", "first_speaker", "second_speaker") == [
        (3000, 7000, 3, "Ann", "Bob")
    ]
    assert marts.one("conversation_stats")["overlap_ms"] == 4000
