"""One conversation, however a vendor writes it down: every mart says the same of it."""

from __future__ import annotations

import functools
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.lake.record import Transcript
from sonitemi_pipelines.marts.trackers import trackers
from tests.marts.talk import STEPS, Marts

from . import writings
from .writings import SAID, Conversation, Writing

Row = dict[str, Any]
SHOWN = [mart.name for mart in STEPS.values() if mart.stored or (mart.is_view and not mart.is_transcript_grain)]
WHOLE = frozenset({"*"})
NUMBERS = {"word_index", "first_word_index", "last_word_index", "turn_index", "first_turn_index", "last_turn_index"}
"""What numbers the tokens and the turns of a payload: another payload has other numbers."""
TIMES = {"start_ms", "end_ms", "at_ms", "first_ms", "last_ms", "first_spoken_ms", "last_spoken_ms", "starts"}


@dataclass(frozen=True)
class Change:
    """Another way to write a conversation down, and what it may change.

    Attributes:
        may: mart -> columns that may differ; "" is every mart. WHOLE is the mart itself.
        why: the reason, for those of `may`.
    """

    of: Callable[[Conversation, random.Random], Conversation] | None = None
    writing: Writing | None = None
    may: dict[str, frozenset[str] | set[str]] | None = None
    why: str = ""


VENDOR_TURNS: dict[str, frozenset[str] | set[str]] = {
    "": NUMBERS,
    "talk_parts": WHOLE,
    "speaker_stats": {"vendor_turns", "vendor_span_ms"},
    "transcript_quality": {"overlapping_tokens"},
}
TOKENS: dict[str, frozenset[str] | set[str]] = {"": NUMBERS, "transcript_quality": {"timed_tokens"}}
CHANGES = {
    "turns listed in another order": Change(
        of=writings.shuffled,
        may={
            "": NUMBERS,
            "talk_parts": WHOLE,
            "token_index": {"positions"},
            "tracker_hits": {"position", "context"},
            **dict.fromkeys(("search_passages", "edit_operations", "corpus_terms"), WHOLE),
            **dict.fromkeys(("transcript_edits", "speaker_edits", "word_corrections"), WHOLE),
            "terms": {"n > 1"},
            "speaker_wording": {"moving_type_token_ratio"},
        },
        why="text is read in the order listed: places in it, words beside each other across turns, and alignments",
    ),
    "turns cut in pieces": Change(
        of=writings.cut, may=VENDOR_TURNS, why="what the vendor's turns are; tokens that overlap within one of them"
    ),
    "later": Change(
        of=lambda one, dice: writings.later(one, 10 * dice.randrange(1, 90_000)),
        may={
            "": TIMES,
            "talk_parts": {"start_ms"},
            **dict.fromkeys(("interaction_windows", "speech_rate_timeline"), WHOLE),
        },
        why="positions in the media; windows and minutes are counted from its start",
    ),
    "NFC": Change(
        of=lambda one, _: writings.in_form(one, "NFC"),
        may={"tracker_hits": {"match", "context"}, "search_passages": {"shown"}},
        why="shown as sent",
    ),
    "NFD": Change(
        of=lambda one, _: writings.in_form(one, "NFD"),
        may={"tracker_hits": {"match", "context"}, "search_passages": {"shown"}},
        why="shown as sent",
    ),
    "a space behind each word": Change(writing=writings.behind),
    "no space at all": Change(writing=writings.bare),
    "spaces in tokens of their own": Change(
        writing=writings.between, may=TOKENS, why="tokens have other numbers, and blank ones are tokens too"
    ),
    "words in pieces": Change(
        writing=writings.pieces,
        may={**TOKENS, "search_passages": {"shown"}, "tracker_hits": {"match", "context"}},
        why="tokens have other numbers and are more; punctuation that comes by itself is shown with no word",
    ),
    "words in pieces, with spaces": Change(
        writing=writings.spaced_pieces,
        may={**TOKENS, "search_passages": {"shown"}, "tracker_hits": {"match", "context"}},
        why="as above",
    ),
    "words in pieces that share its time": Change(
        writing=writings.timed_pieces,
        may={
            "": NUMBERS | {"phonation_ms", "phonation_share", "phonation_ratio"},
            "transcript_quality": {"timed_tokens"},
            "search_passages": {"shown"},
            "tracker_hits": {"match", "context"},
        },
        why="as above, and the time of an apostrophe by itself is no word's",
    ),
}
LANGUAGES = tuple(SAID)
VENDORS: dict[str, Callable[[Conversation, Writing], Transcript]] = {"sonix": writings.sonix, "temi": writings.temi}


@functools.cache
def spoken(count: int) -> list[Conversation]:
    return [
        writings.conversation(f"{language}{seed}", language, seed) for language in LANGUAGES for seed in range(count)
    ]


@functools.cache
def tracked(folder: str) -> list[Row]:
    path = Path(folder) / "trackers.csv"
    path.write_text("category,name,variants\nmoney,price,the price|Maßnahme|कला\n,time,half past|halb vier|かぎ\n")
    return trackers(path).to_pylist()


def marts_of(vendor: str, said: list[Conversation], writing: Writing, folder: str) -> Marts:
    transcripts = [VENDORS[vendor](one, writing) for one in said]
    if vendor == "temi":
        heard = [writings.misheard(one, random.Random(one.recording_id)) for one in spoken(len(said) // len(LANGUAGES))]
        transcripts += [writings.temi(one, writings.before, "machine") for one in heard]
    people = [
        {"provider": vendor, "recording_id": one.recording_id, "speaker": speaker, "person": "P", "side": side}
        for one in spoken(len(said) // len(LANGUAGES))
        for speaker, side in zip(writings.SPEAKERS[one.language], ("host", "guest"), strict=True)
    ]
    return Marts(*transcripts, speaker_map=people, trackers=tracked(folder))


def told_apart(one: Marts, other: Marts, may: dict[str, Any]) -> list[str]:
    """Marts that differ, in what they may not."""
    found = []
    for mart in SHOWN:
        left_out = may.get("", set()) | may.get(mart, set())
        if left_out >= WHOLE:
            continue
        rows = [
            Counter(_kept(row, left_out) for row in marts.rows(mart) if _counts(row, left_out))
            for marts in (one, other)
        ]
        gone, come = rows[0] - rows[1], rows[1] - rows[0]
        if gone or come:
            found.append(f"{mart}: {sorted(gone)[:2]} became {sorted(come)[:2]}, {gone.total()} rows")
    return found


def _counts(row: Row, left_out: set[str]) -> bool:
    return "n > 1" not in left_out or row["n"] == 1


def _kept(row: Row, left_out: set[str]) -> str:
    kept = {
        name: float(f"{value:.9g}") if isinstance(value, float) and math.isfinite(value) else value
        for name, value in row.items()
        if name not in left_out
    }
    return repr(sorted(kept.items()))


def compare(change: Change, vendor: str, count: int, folder: str, original: Marts) -> list[str]:
    said = spoken(count)
    if change.of is not None:
        said = [change.of(one, random.Random(f"{change.why} {one.recording_id}")) for one in said]
    other = marts_of(vendor, said, change.writing or writings.before, folder)
    return told_apart(original, other, change.may or {})


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], tuple[str, Marts]]:
    folder = str(tmp_path_factory.mktemp("trackers"))

    @functools.cache
    def made(vendor: str, count: int) -> tuple[str, Marts]:
        return folder, marts_of(vendor, spoken(count), writings.before, folder)

    return made


@pytest.mark.parametrize(
    ("change", "vendor"), [("words in pieces, with spaces", "sonix"), ("turns listed in another order", "temi")]
)
def test_a_sample_is_the_same_however_it_is_written(originals: Any, change: str, vendor: str) -> None:
    """The same people said the same at the same times, and some number of theirs is another."""
    folder, original = originals(vendor, 1)
    assert compare(CHANGES[change], vendor, 1, folder, original) == []


@pytest.mark.slow
@pytest.mark.parametrize("vendor", list(VENDORS))
@pytest.mark.parametrize("change", list(CHANGES))
def test_every_mart_says_the_same_however_it_is_written(originals: Any, change: str, vendor: str) -> None:
    """The same of every mart and every way of writing."""
    folder, original = originals(vendor, 2)
    assert compare(CHANGES[change], vendor, 2, folder, original) == []


@pytest.mark.slow
def test_what_differs_is_found(originals: Any) -> None:
    """The comparison is blind: another word, or a time of 10 ms, changes nothing it looks at."""
    folder, original = originals("sonix", 1)
    later = marts_of("sonix", [writings.later(one, 10) for one in spoken(1)], writings.before, folder)
    assert {told.split(":")[0] for told in told_apart(original, later, {})} >= {"joined_turns", "silences", "terms"}
    misheard = [writings.misheard(one, random.Random(1)) for one in spoken(1)]
    other = marts_of("sonix", misheard, writings.before, folder)
    assert {told.split(":")[0] for told in told_apart(original, other, {})} >= {"terms", "token_index", "keyness"}
