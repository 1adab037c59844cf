"""A table of small conversations with the right values and why they are right; three or more of each kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from sonitemi_pipelines.lake.record import Transcript
from tests.marts.talk import Marts, sonix, temi, turn

Rows = list[Any]


@dataclass(frozen=True)
class Case:
    """A conversation and what marts must say of it: mart -> (columns, rows in the order of its key)."""

    why: str
    turns: list[Any]
    expected: dict[str, tuple[tuple[str, ...], Rows]]
    more: dict[str, Any] = field(default_factory=dict)


CLOCK = ("span_ms", "speaking_ms", "silence_ms", "untimed_ms", "overlap_ms")
TALK = ("speaker", "start_ms", "end_ms")
BID = ("from_speaker", "to_speaker", "offset_ms", "kind", "takes_floor")
SPOKEN = ("speaker", "speaking_ms", "turns")


def _said(*places: int, text: str = "so we go") -> list[tuple[str, int | None, int | None]]:
    """A text of three words for each start given (ms), each lasting two seconds."""
    words = text.split()
    return [
        (word, at + i * 2000 // len(words), at + (i + 1) * 2000 // len(words))
        for at in places
        for i, word in enumerate(words)
    ]


ORDER = (("Ann", 0), ("Bob", 3000), ("Ann", 10_000), ("Bob", 13_000), ("Ann", 20_000), ("Bob", 23_000))
IN_ORDER = [(speaker, at, at + 2000) for speaker, at in ORDER]
ABUTTING = [turn("AB"[i % 2], 3000 * i, 3000 * (i + 1), "one two three four five") for i in range(12)]

CASES = {
    # ---- order of time
    "listed by channel": Case(
        "A vendor lists the channels one after the other: six turns of two seconds, no interruption, no turn of 22 s.",
        [turn("Ann", at, at + 2000, _said(at)) for at in (0, 10_000, 20_000)]
        + [turn("Bob", at, at + 2000, _said(at)) for at in (3000, 13_000, 23_000)],
        {
            "joined_turns": (TALK, IN_ORDER),
            "interruptions": (("interruptions",), []),
            "conversation_stats": (("turns", "longest_turn_ms", *CLOCK), [(6, 2000, 25_000, 12_000, 13_000, 0, 0)]),
        },
    ),
    "one turn of the vendor for each channel": Case(
        "The same, each channel in a single turn: what is said decides, not who cut.",
        [
            turn("Ann", 0, 22_000, _said(0, 10_000, 20_000)),
            turn("Bob", 3000, 25_000, _said(3000, 13_000, 23_000)),
        ],
        {
            "joined_turns": (TALK, IN_ORDER),
            "speaker_stats": (SPOKEN, [("Ann", 6000, 3), ("Bob", 6000, 3)]),
        },
    ),
    "listed backwards": Case(
        "The newest first.",
        [turn(speaker, at, at + 2000, _said(at)) for speaker, at in reversed(ORDER)],
        {"joined_turns": (TALK, IN_ORDER), "interruptions": (("interruptions",), [])},
        {"language": "de"},
    ),
    # ---- times that cannot be
    "an inserted word at 0/0": Case(
        "An editor put a word into Bob's turn at 60 s: Bob spoke for one second, not for 61.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", 60_000, 61_000, [("yes", 0, 0), ("we", 60_000, 61_000)])],
        {
            "speaker_stats": (
                ("speaker", "speaking_ms", "words", "vendor_span_ms"),
                [("Ann", 2000, 3, 2000), ("Bob", 1000, 2, 1000)],
            ),
        },
    ),
    "an end of 24 days": Case(
        "A word that ends at 2,100,000 s: neither Bob nor the timeline goes there, though no media's length is known.",
        [
            turn("Ann", 0, 2000, _said(0)),
            turn("Bob", 3000, 2_100_000_000, [("we", 3000, 4000), ("go", 4000, 2_100_000_000)]),
        ],
        {
            "speaker_stats": (SPOKEN, [("Ann", 2000, 1), ("Bob", 1000, 1)]),
            "speech_rate_timeline": (("minute", "speaker", "words"), [(0, "Ann", 3), (0, "Bob", 2)]),
        },
    ),
    "beyond the media": Case(
        "The media is ten seconds long: a word is cut at its end, another a minute behind it was not said there.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", 9000, 70_000, [("we", 9000, 10_400), ("go", 60_000, 70_000)])],
        {"speaker_stats": (("speaker", "speaking_ms", "words"), [("Ann", 2000, 3), ("Bob", 1000, 2)])},
        {"duration_ms": 10_000},
    ),
    "without length": Case(
        "A token without length is a moment: it stretches nothing and leaves the silence around it a silence.",
        [turn("Ann", 0, 9000, [*_said(0), ("x", 5000, 5000), *_said(7000)])],
        {"silences": (("start_ms", "end_ms"), [(2000, 7000)]), "speaker_stats": (SPOKEN, [("Ann", 4000, 2)])},
    ),
    # ---- speaking time and silence
    "a hole in a turn of the vendor": Case(
        "Forty seconds without a word are silence, in the middle of one turn of the vendor too, and a lapse in talk.",
        [turn("Ann", 0, 44_000, _said(0, 42_000))],
        {
            "conversation_stats": (CLOCK, [(44_000, 4000, 40_000, 0, 0)]),
            "joined_turns": (TALK, [("Ann", 0, 2000), ("Ann", 42_000, 44_000)]),
            "pauses": (("start_ms",), []),
        },
    ),
    "a pause within a turn of talk": Case(
        "One second is a pause: no speaking time, but part of the turn of talk and of speech rate's time.",
        [turn("Ann", 0, 5000, _said(0, 3000))],
        {
            "speaker_stats": (
                ("speaking_ms", "talk_ms", "speech_rate_wpm", "articulation_rate_wpm"),
                [(4000, 5000, 72.0, 90.0)],
            ),
            "pauses": (("start_ms", "end_ms"), [(2000, 3000)]),
        },
    ),
    "the closure of a plosive": Case(
        "249 ms between two words are part of speaking, 250 ms are not.",
        [turn("Ann", 0, 3000, [("a", 0, 1000), ("b", 1249, 2000), ("c", 2250, 3000)])],
        {"inter_pausal_units": (("start_ms", "end_ms"), [(0, 2000), (2250, 3000)])},
    ),
    "struck words were spoken": Case(
        "An editor's deletion changes the text, not the time.",
        [
            {
                **turn("Ann", 0, 2000, "um we"),
                "words": [
                    {"text": "um", "start_time": 0.0, "end_time": 1.0, "strikethrough": True},
                    {"text": "we", "start_time": 1.0, "end_time": 2.0},
                ],
            }
        ],
        {"speaker_stats": (("speaking_ms", "words"), [(2000, 2)])},
    ),
    "three at once": Case(
        "Overlap is counted once, whoever many speak; speaking time is each speaker's own.",
        [turn("Ann", 0, 5000, "a b"), turn("Bob", 3000, 7000, "c d e f"), turn("Cem", 4000, 9000, "g h i j")],
        {
            "conversation_stats": (CLOCK, [(9000, 9000, 0, 0, 4000)]),
            "overlaps": (("start_ms", "end_ms", "speakers"), [(3000, 7000, 3)]),
        },
    ),
    # ---- words without times
    "untimed words between two timed ones": Case(
        "Somebody spoke between two and five seconds, nobody knows when: no pause, no silence, and no speaking.",
        [turn("Ann", 0, 7000, [*_said(0), ("no", None, None), ("idea", None, None), *_said(5000)])],
        {
            "conversation_stats": (CLOCK, [(7000, 4000, 0, 3000, 0)]),
            "pauses": (("start_ms",), []),
            "silences": (("start_ms",), []),
            "joined_turns": (TALK, [("Ann", 0, 7000)]),
        },
    ),
    "untimed words at the start of an answer": Case(
        "Bob's answer begins with words without times: how long Ann waited cannot be said.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", None, None, [("well", None, None), *_said(4000)])],
        {
            "turn_transitions": (BID, [("Ann", "Bob", None, None, True)]),
            "conversation_stats": (CLOCK, [(6000, 4000, 0, 2000, 0)]),
        },
    ),
    "a turn without any timed word": Case(
        "The vendor's span stands in, flagged; its words are words and no time.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", 3000, 5000, [("no", None, None), ("idea", None, None)])],
        {
            "inter_pausal_units": (
                ("speaker", "start_ms", "end_ms", "timed_words", "estimated"),
                [("Ann", 0, 2000, 3, False), ("Bob", 3000, 5000, 0, True)],
            ),
            "transcript_quality": (("estimated_turns",), [(1,)]),
            "speaker_stats": (
                ("speaker", "speech_rate_wpm", "articulation_rate_wpm"),
                [("Ann", 90.0, 90.0), ("Bob", None, None)],
            ),
        },
    ),
    "a turn without a time before others of its speaker": Case(
        "It goes with the turn listed next, wherever that lies in time, not with the earliest of them.",
        [
            turn("Ann", 0, 2000, _said(0)),
            turn("Bob", None, None, [("no", None, None)]),
            turn("Bob", 20_000, 22_000, _said(20_000)),
            turn("Bob", 10_000, 12_000, _said(10_000)),
            turn("Ann", 14_000, 16_000, _said(14_000)),
        ],
        {"joined_turns": (("start_ms", "word_count"), [(0, 3), (10_000, 3), (14_000, 3), (20_000, 4)])},
    ),
    "segments without words": Case(
        "A segment that holds no word is no turn, no speaker and no floor change.",
        [turn("Ann", 0, 2000, _said(0)), turn("Eve", 2000, 3000, []), turn("Ann", 3000, 5000, _said(3000))],
        {
            "speaker_stats": (SPOKEN, [("Ann", 4000, 1)]),
            "turn_transitions": (BID, []),
            "conversation_stats": (("speakers", "turns"), [(1, 1)]),
        },
    ),
    # ---- what the data cannot show
    "an aligner's cuts": Case(
        "Eleven changes of speaker, all within 10 ms and none earlier: latency, overlap, interruptions are not there.",
        ABUTTING,
        {
            "conversation_stats": (
                ("floor_changes", "response_latency_median_ms", "overlap_ms", "overlap_share", "interruptions"),
                [(11, None, None, None, None)],
            ),
            "transcript_quality": (("shows_overlap", "reasons", "low_quality"), [(False, "abutting", False)]),
            "interruptions": (("interruptions",), []),
            "turn_transitions": (("offset_ms", "kind"), [(None, None)] * 11),
        },
    ),
    "too few changes to tell": Case(
        "Nine changes that abut may be chance.",
        ABUTTING[:10],
        {"transcript_quality": (("shows_overlap", "transfers"), [(True, 9)])},
    ),
    "people who overlap": Case(
        "Ten changes abut and two overlap by a second: whoever marked these times heard both speakers.",
        [
            *ABUTTING[:11],
            turn("B", 32_000, 35_000, "one two three four five"),
            turn("A", 34_000, 38_000, "one two three four five"),
        ],
        {
            "transcript_quality": (("shows_overlap", "reasons"), [(True, "")]),
            "conversation_stats": (("interruptions",), [(2,)]),
        },
    ),
    "an aligner that leaves some of the air": Case(
        "Six of eleven abut, five wait, none overlaps: where people talk four in ten would.",
        [
            turn("AB"[i % 2], 3000 * i + 300 * min(i, 5), 3000 * (i + 1) + 300 * min(i, 5), "one two three four five")
            for i in range(12)
        ],
        {
            "transcript_quality": (("abutting_transfers", "shows_overlap", "reasons"), [(6, False, "abutting")]),
            "conversation_stats": (("response_latency_median_ms", "interruptions"), [(None, None)]),
        },
    ),
    "people who wait for each other": Case(
        "Nobody overlaps and nothing abuts: slow talk, and its latency is known.",
        [turn("AB"[i % 2], 3000 * i, 3000 * i + 2500, "one two three four five") for i in range(12)],
        {
            "transcript_quality": (("abutting_transfers", "shows_overlap", "reasons"), [(0, True, "")]),
            "conversation_stats": (("response_latency_median_ms", "overlap_ms", "interruptions"), [(500, 0, 0)]),
        },
    ),
    # ---- back-channels
    "an acknowledgement": Case(
        "A listed word in clear air behind which the holder goes on at once takes no floor.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", 2100, 2500, "Mhm."), turn("Ann", 2600, 4600, _said(2600))],
        {
            "turn_transitions": (BID, [("Ann", "Bob", 100, "back_channel", False)]),
            "joined_turns": (TALK, [("Ann", 0, 4600), ("Bob", 2100, 2500)]),
            "speaker_stats": (("speaker", "turns", "back_channels"), [("Ann", 1, 0), ("Bob", 0, 1)]),
        },
    ),
    "an acknowledgement in German": Case(
        "Of two words together.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", 2100, 2700, "Ach so."), turn("Ann", 2800, 4800, _said(2800))],
        {"turn_transitions": (BID, [("Ann", "Bob", 100, "back_channel", False)])},
        {"language": "de"},
    ),
    "a sliver": Case(
        "As short, but no acknowledgement: a slip of who-speaks-when, counted as such, or a word that took the floor.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", 2100, 2500, "company"), turn("Ann", 2600, 4600, _said(2600))],
        {
            "turn_transitions": (BID, [("Ann", "Bob", 100, "latch", True), ("Bob", "Ann", 100, "latch", True)]),
            "transcript_quality": (("slivers",), [(1,)]),
        },
    ),
    "a language without a list": Case(
        "Nobody says what an acknowledgement is there: short is enough.",
        [turn("Ann", 0, 2000, _said(0)), turn("Bob", 2100, 2500, "はい"), turn("Ann", 2600, 4600, _said(2600))],
        {"turn_transitions": (BID, [("Ann", "Bob", 100, "back_channel", False)])},
        {"language": "ja"},
    ),
    "an answer": Case(
        "What follows a question is an answer, in Greek too.",
        [
            turn("Ann", 0, 2000, [("θα", 0, 1000), ("πας;", 1000, 2000)]),
            turn("Bob", 2100, 2500, "ναι"),
            turn("Ann", 2600, 4600, _said(2600)),
        ],
        {"turn_transitions": (("kind", "takes_floor"), [("latch", True), ("latch", True)])},
        {"language": "el"},
    ),
    "within the holder's turn": Case(
        "Short, and over before the holder is: a back-channel whatever the word.",
        [turn("Ann", 0, 6000, "a b c d e f"), turn("Bob", 3000, 3600, "company"), turn("Bob", 7000, 9000, _said(7000))],
        {
            "turn_transitions": (
                BID,
                [("Ann", "Bob", -3000, "back_channel", False), ("Ann", "Bob", 1000, "gap", True)],
            ),
        },
    ),
    "the holder's own return": Case(
        "Ann's short 'yes' behind Bob's 'mhm' is her own turn going on, and Bob answers her, not himself.",
        [
            turn("Ann", 0, 2000, _said(0)),
            turn("Bob", 2100, 2500, "mhm"),
            turn("Ann", 2600, 3000, "yes"),
            turn("Bob", 3870, 6000, "so we went there"),
        ],
        {
            "turn_transitions": (
                BID,
                [("Ann", "Bob", 100, "back_channel", False), ("Ann", "Bob", 870, "gap", True)],
            ),
            "joined_turns": (TALK, [("Ann", 0, 3000), ("Bob", 2100, 2500), ("Bob", 3870, 6000)]),
        },
    ),
    "the return of one who had taken the floor in between": Case(
        "Dee took the floor from Ann while Cem acknowledged, so that her 'mhm' is her own turn going on.",
        [
            turn("Ann", 0, 2000, _said(0)),
            turn("Cem", 2050, 2430, "I see"),
            turn("Dee", 2180, 2200, "price"),
            turn("Cem", 2700, 2790, "mhm"),
            turn("Dee", 2850, 3000, "mhm"),
            turn("Ann", 3100, 5100, _said(3100)),
        ],
        {
            "speaker_stats": (("speaker", "turns", "back_channels"), [("Ann", 2, 0), ("Cem", 0, 2), ("Dee", 1, 0)]),
            "conversation_stats": (("turns", "floor_changes", "back_channels"), [(3, 2, 2)]),
        },
    ),
    "a chain of them": Case(
        "Mhm, yes, mhm, yes: Bob listens throughout, and Ann never lost the floor.",
        [
            turn("Ann", 0, 2000, _said(0)),
            *[
                turn(*said)
                for i in range(3)
                for said in (
                    ("Bob", 2100 + 1000 * i, 2500 + 1000 * i, "mhm"),
                    ("Ann", 2600 + 1000 * i, 3000 + 1000 * i, "yes"),
                )
            ],
        ],
        {
            "turn_transitions": (("from_speaker", "to_speaker", "kind"), [("Ann", "Bob", "back_channel")] * 3),
            "conversation_stats": (("turns", "floor_changes", "back_channels"), [(1, 0, 3)]),
        },
    ),
}

EDITED = {
    "an edited Temi recording": Case(
        "Half of the words have no time: they hold no silence, whichever monologue they stand in.",
        [
            ("Ann", [("one", 0, 1000), ("two", None, None)]),
            ("Bob", [("three", None, None)]),
            ("Ann", [("four", 9000, 10_000)]),
        ],
        {
            "conversation_stats": (CLOCK, [(10_000, 2000, 0, 8000, 0)]),
            "joined_turns": (TALK, [("Ann", 0, 10_000), ("Bob", None, None)]),
        },
    ),
}


def _transcripts() -> list[Transcript]:
    written = [sonix(*case.turns, recording_id=name, **case.more) for name, case in CASES.items()]
    return written + [temi(*case.turns, recording_id=name) for name, case in EDITED.items()]


@pytest.fixture(scope="module")
def marts() -> Marts:
    return Marts(*_transcripts())


@pytest.mark.parametrize("name", [*CASES, *EDITED])
def test_right_value(marts: Marts, name: str) -> None:
    """A measure of time is not what anybody who listens would say."""
    case = {**CASES, **EDITED}[name]
    for mart, (columns, rows) in case.expected.items():
        found = [tuple(row[c] for c in columns) for row in marts.rows(mart) if row["recording_id"] == name]
        assert found == rows, f"{mart}: {case.why}"
