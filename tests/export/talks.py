"""Random conversations of both vendors, and what the files made of them must hold, worked out from the payloads."""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import dataclass
from typing import Any

from sonitemi_pipelines.lake.record import Source, Transcript
from tests.parsed import parse_sonix, parse_temi

_LATIN = ["so", "well,", "gardens", "don't", "Zoë", "agreed?", "<b>", "&amp;", "a{b}c", "50%", "№5", "--", "e.g."]
_SPEAKERS = ["Ann", "Bob Smith", "Ann & <Co>", 'Dr. "Q"', "王"]


@dataclass(frozen=True)
class Said:
    """A word as it must come out: its text, times in ms (None when untimed), its speaker."""

    text: str
    start_ms: int | None
    end_ms: int | None
    speaker: str


@dataclass(frozen=True)
class Talk:
    """A conversation: its transcript, and the words that are not struck, in order of time."""

    transcript: Transcript
    words: list[Said]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def talk(seed: int, *, untimed: float = 0.0) -> Talk:
    """The same for the same seed. Turns follow each other, so that one order of words is right in every format.

    Args:
        untimed: share of words without times.
    """
    dice = random.Random(seed)
    provider = dice.choice(["sonix", "temi"])
    speakers = dice.sample(_SPEAKERS, dice.randrange(1, 4))
    clock = dice.randrange(0, 5_000)
    words: list[Said] = []
    turns: list[tuple[str, list[tuple[str, int | None, int | None, bool]]]] = []
    for _ in range(dice.randrange(1, 9)):
        speaker = dice.choice(speakers)
        tokens = []
        for _ in range(dice.choice([1, 3, 12, 40])):
            text = dice.choice(_LATIN)
            start = clock
            clock += dice.randrange(1, 900)
            struck = provider == "sonix" and dice.random() < 0.15
            timed = dice.random() >= untimed
            tokens.append((text, start if timed else None, clock if timed else None, struck))
            if not struck:
                words.append(Said(text, start if timed else None, clock if timed else None, speaker))
            clock += dice.choice([0, 0, 0, 120, 260, 3_000])
        turns.append((speaker, tokens))
    body = _sonix(turns) if provider == "sonix" else _temi(turns, speakers)
    source = Source(
        provider,
        f"r{seed}",
        "latest",
        day=dt.date(2026, 3, 1 + seed % 5),
        fetched_at=dt.datetime(2026, 3, 9),
        title=f"Talk {seed}",
        duration_ms=clock + 500,
    )
    parse = parse_sonix if provider == "sonix" else parse_temi
    return Talk(parse(json.dumps(body).encode(), source), words)


def _sonix(turns: list[Any]) -> dict[str, Any]:
    return {
        "name": "Talk",
        "transcript": [
            {
                "speaker": speaker,
                "words": [
                    {
                        "text": f" {text}",
                        "strikethrough": struck,
                        **({} if start is None else {"start_time": start / 1000, "end_time": end / 1000}),
                    }
                    for text, start, end, struck in tokens
                ],
            }
            for speaker, tokens in turns
        ],
    }


def _temi(turns: list[Any], speakers: list[str]) -> dict[str, Any]:
    return {
        "speakers": [{"id": number, "name": name} for number, name in enumerate(speakers)],
        "monologues": [
            {
                "speaker": speakers.index(speaker),
                "elements": [
                    {
                        "type": "text",
                        "value": text,
                        **({} if start is None else {"ts": start / 1000, "end_ts": end / 1000}),
                    }
                    for text, start, end, _ in tokens
                ],
            }
            for speaker, tokens in turns
        ],
    }
