"""Random conversations that hold all that goes wrong in real ones, for the measures of time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tests.marts.talk import Word, turn

VOCABULARY = ["so", "the", "garden", "price", "agree?", "Tuesday,", "boat", "e if", "42", "we", "“really?”"]
ACKNOWLEDGEMENTS = ["mhm", "yeah", "uh-huh", "right", "I see"]


def segments(
    seed: int,
    turns: int = 14,
    *,
    odd: bool = True,
    spanless: bool = True,
    untimed: bool = True,
    words: Sequence[str] = VOCABULARY,
) -> list[dict[str, Any]]:
    """Sonix segments by two to five speakers, one of them sometimes unknown; times are multiples of 10 ms.

    Args:
        odd: with tokens without length, at 0/0 or at times that cannot be, and segments without words.
        spanless: with segments that have no time at all, whose place only the listing tells.
        untimed: with words without times.
        words: what is said.
    """
    dice = random.Random(seed)
    speakers: list[str | None] = ["Ann", "Bob", "Cem", "Dee", None][: dice.randrange(2, 6)]
    clock = dice.randrange(1000, 4000, 10)
    found: list[dict[str, Any]] = []
    holder = dice.choice(speakers)
    for _ in range(turns):
        kind = dice.random()
        if kind < 0.3 and found:
            listener = dice.choice(speakers)
            start = max(0, clock + dice.choice([-2000, -700, -300, 50, 200, 900]))
            said, end = _said(dice, start, dice.choice([1, 1, 2]), brief=True, untimed=False, words=words)
            found.append(turn(listener, start, end, said))
            if start > clock:
                clock = end
            continue
        if kind < 0.8:
            holder = dice.choice(speakers)
        start = max(0, clock + dice.choice([-900, -150, -10, 0, 0, 50, 100, 240, 250, 300, 1990, 2000, 3500]))
        said, end = _said(dice, start, dice.choice([1, 2, 5, 20]), brief=False, untimed=untimed, words=words)
        segment = turn(holder, start, end, said)
        if untimed and dice.random() < 0.06:
            segment = turn(holder, start, end, [(text, None, None) for text, _, _ in said])
        if spanless and dice.random() < 0.06:
            segment = turn(holder, None, None, [(text, None, None) for text, _, _ in said])
        found.append(segment)
        clock = end
        if odd and dice.random() < 0.1:
            found.append(turn(dice.choice([*speakers, "Eve"]), clock, clock + 500, []))
        if odd and dice.random() < 0.15:
            at = round(segment["words"][-1]["start_time"] * 1000) if segment["words"][-1]["start_time"] else 0
            stray: Word = dice.choice([("x", 0, 0), ("x", at, at), ("x", at, 2_100_000_000), ("x", at + 500, at)])
            segment["words"].insert(dice.randrange(len(segment["words"]) + 1), turn(None, 0, 0, [stray])["words"][0])
    return found


def _said(
    dice: random.Random, start: int, size: int, *, brief: bool, untimed: bool, words: Sequence[str]
) -> tuple[list[Word], int]:
    said: list[Word] = []
    at = start
    for _ in range(size):
        length = dice.randrange(10, 400 if brief else 600, 10)
        timed = not untimed or dice.random() > 0.05
        text = dice.choice(ACKNOWLEDGEMENTS if brief and dice.random() < 0.7 else words)
        said.append((text, at if timed else None, at + length if timed else None))
        at += length + dice.choice([0, 0, 0, 0, 20, 240, 250, 700, 2300 if size > 5 else 0])
    return said, max(start, at)


def duration_ms(seed: int) -> int | None:
    """The length of the media as listed: unknown for some, shorter than what is said for others."""
    return random.Random(seed).choice([None, 600_000, 600_000, 20_000])
