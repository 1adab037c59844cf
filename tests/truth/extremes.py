"""Conversations at the edge of what there is: no words, tags alone, no times, twelve hours, everybody at once."""

from __future__ import annotations

import random
from typing import Any

from sonitemi_pipelines.lake.record import Transcript
from tests.marts.talk import Word, sonix, temi, turn, words

HOUR = 3_600_000


def extremes() -> list[Transcript]:
    """One of each, in several languages; of both vendors, and with a machine's variant where there is an edited one."""
    dice = random.Random(7)
    talk = [turn("AB"[i % 2], 700 * i, 700 * i + 600, "ja" if i % 3 else "nein?") for i in range(40)]
    long = [
        turn(dice.choice(["Ann", "Bob", None]), at, at + 20_000, "so we went there and um it was closed, right?")
        for at in range(0, 12 * HOUR, 20 * 60_000)
    ]
    tags: list[Word] = [("[laughter]", 0, 1000), ("(crosstalk)", 1000, 2000), ("[inaudible 00:03:12]", 2000, 3000)]
    renamed = [turn(name, at, at + 900, "el precio o sea") for at, name in enumerate_by(1000, "Ana", "Ana ", "Aná", "")]
    return [
        sonix(recording_id="no turns"),
        sonix(turn("Ann", 0, 1000, []), turn(None, 1000, 2000, []), recording_id="no words"),
        sonix(turn("Ann", 0, 3000, tags), recording_id="tags alone"),
        sonix(turn("Ann", None, None, [("so", None, None)]), recording_id="one word without a time"),
        sonix(turn("Ann", 5000, 5500, "yes"), recording_id="one word", language="en-GB"),
        sonix(*talk, recording_id="one-word turns", language="de"),
        sonix(*long, recording_id="twelve hours", duration_ms=12 * HOUR),
        sonix(
            *(turn(name, 0, 5000, "すべて 同時 に") for name in "花陽空海"), recording_id="all at once", language="ja"
        ),
        sonix(
            turn("Ann", 0, 5000, [("so", None, None), ("we", None, None)]),
            turn("Ann", 0, 5000, [("so", None, None)]),
            turn("Bob", 5000, 5000, [("x", 5000, 5000)]),
            recording_id="spans alone",
        ),
        sonix(*renamed, recording_id="renamed", language="es"),
        sonix(turn("Ann", 0, 2000, [("***", 0, 1000), ("***", 1000, 2000)]), recording_id="masked"),
        sonix(
            turn("Ann", 0, 60_000, [(word, 0, 0) for word in ("so", "we", "went")]),
            turn("Bob", 0, 100, [("no", 100, 0), ("yes", 2_100_000_000, 2_100_000_500)]),
            recording_id="times that cannot be",
            duration_ms=30_000,
        ),
        temi(recording_id="empty job"),
        temi(("Ann", []), ("Bob", [("um", None, None)]), recording_id="untimed job"),
        temi(("Ann", words("so we went", 0, 3000)), ("Bob", words("why?", 3000, 4000)), recording_id="edited job"),
        temi(
            ("A", words("so he went", 0, 3000)),
            ("B", words("why", 3000, 4000)),
            recording_id="edited job",
            variant="machine",
        ),
        temi(("Ann", []), recording_id="emptied job"),
        temi(("Ann", words("so we went", 0, 3000)), recording_id="emptied job", variant="machine"),
    ]


def enumerate_by(step: int, *names: str) -> list[tuple[int, Any]]:
    return [(step * i, name) for i, name in enumerate(names)]
