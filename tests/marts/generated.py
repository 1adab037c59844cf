"""Random conversations that hold what real ones do: overlaps, back-channels, cuts, untimed words, unknown speakers."""

from __future__ import annotations

import random
from typing import Any

from sonitemi_pipelines.lake.record import Transcript

from .talk import Word, sonix, turn

_VOCABULARY = ["um", "the", "garden", "price", "we", "agree?", "Tuesday,", "boat", "you", "know", "yes", "e if", "42"]


def segments(seed: int, turns: int = 12) -> list[dict[str, Any]]:
    """Sonix segments by two to four speakers, one of them sometimes unknown; times are multiples of 10 ms."""
    dice = random.Random(seed)
    speakers: list[str | None] = ["Ann", "Bob", "Cem", None][: dice.randrange(2, 5)]
    clock = dice.randrange(0, 3000, 10)
    found = []
    for _ in range(turns):
        start = max(0, clock + dice.choice([-900, -150, 0, 50, 100, 300, 2000]))
        said: list[Word] = []
        at = start
        for _ in range(dice.choice([1, 2, 5, 20])):
            length = dice.randrange(0, 500, 10)
            timed = dice.random() > 0.1
            said.append((dice.choice(_VOCABULARY), at if timed else None, at + length if timed else None))
            at += length + dice.choice([0, 0, 0, 20, 300])
        found.append(turn(dice.choice(speakers), start, at, said))
        clock = at
    return found


def conversation(seed: int, recording_id: str | None = None) -> Transcript:
    """One random conversation, the same for the same seed."""
    return sonix(*segments(seed), recording_id=recording_id or f"rec{seed}")
