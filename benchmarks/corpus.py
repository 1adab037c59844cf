"""The payloads that are read: real ones multiplied to the size wanted, or made up with the traits of real speech.

A corpus is a folder with `sonix/ID.json` and `temi/ID.json`, half of the words each, in the vendors' own shapes.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

WORDS_A_RECORDING = 5000
_COMMON = """
    the to and of a in that we is you for our on it this as are with have be so from at we're will what I can think
    us more year quarter now just your going very there was or thank but growth see business not some customers um
    do if about up one it's all would they by that's continue like has million market were which really how uh
    because good these first then their been where over time out question well also new revenue terms get than its
""".split()  # noqa: SIM905
_SYLLABLES = "ka to ri men sol ver tion al per con est ing mar lu den for pla ci on re mo ter ble ant qui sta".split()  # noqa: SIM905


def make(folder: Path, words: int, real: Path | None) -> str:
    """Fill `folder` with about `words` words, unless it is there. Returns where the texts are from, in words."""
    said = "real conversations, multiplied" if real else "made up"
    if (folder / "whole").exists():
        return said
    for vendor in _SHAPES:
        (folder / vendor).mkdir(parents=True, exist_ok=True)
        for place, body in enumerate(_payloads(vendor, words // 2, real)):
            (folder / vendor / f"{vendor}{place:06}.json").write_bytes(body)
    (folder / "whole").touch()
    return said


def multiply(folder: Path, to: Path, times: int) -> None:
    """The same payloads under `times` as many ids, without taking more of the disk."""
    if (to / "whole").exists():
        return
    for vendor in ("sonix", "temi"):
        (to / vendor).mkdir(parents=True, exist_ok=True)
        for path in sorted((folder / vendor).glob("*.json")):
            for copy in range(times):
                os.link(path, to / vendor / f"{path.stem}x{copy:03}.json")
    (to / "whole").touch()


def share(folder: Path, to: Path, part: int) -> None:
    """One of `part` of the payloads, without taking more of the disk."""
    if (to / "whole").exists():
        return
    for vendor in _SHAPES:
        (to / vendor).mkdir(parents=True, exist_ok=True)
        for path in sorted((folder / vendor).glob("*.json"))[::part]:
            os.link(path, to / vendor / path.name)
    (to / "whole").touch()


def _payloads(vendor: str, words: int, real: Path | None) -> Iterator[bytes]:
    dice = random.Random(f"{vendor}/{words}")
    shape = _SHAPES[vendor]
    bodies = [json.loads(path.read_bytes()) for path in sorted((real / vendor).glob("*.json"))] if real else []
    vocabulary = _vocabulary()
    left = words
    for place in range(10**9):
        if left < WORDS_A_RECORDING / 2:
            return
        if bodies:
            payload, count = _excerpt(bodies[place % len(bodies)], shape, dice)
        else:
            payload, count = shape["build"](_talk(dice, WORDS_A_RECORDING, vocabulary)), WORDS_A_RECORDING
        left -= count
        yield json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def _excerpt(payload: dict[str, Any], shape: dict[str, Any], dice: random.Random) -> tuple[dict[str, Any], int]:
    """Turns of a real conversation from somewhere on, round its end, until a recording is full."""
    turns = payload[shape["turns"]]
    first, kept, count = dice.randrange(len(turns)), [], 0
    for turn in turns[first:] + turns[:first]:
        if count >= WORDS_A_RECORDING:
            break
        kept.append(turn)
        count += len(turn[shape["tokens"]])
    return {**payload, shape["turns"]: kept}, count


@cache
def _weights(number: int) -> list[float]:
    return list(accumulate((rank + 2.7) ** -1.1 for rank in range(number)))


Said = tuple[int, list[tuple[str, float, float]]]


def _vocabulary() -> list[str]:
    """The words of an account's conversations, frequent ones first; each conversation says some of them, so that what
    is new gets rarer with each, as in real ones: some 25,000 different tokens in half a million.
    """
    dice = random.Random("vocabulary")
    # The more frequent, the shorter.
    lengths = [(1, 1)] * 60 + [(1, 2)] * 1_500 + [(2, 3)] * 6_000 + [(2, 4)] * 20_000
    made_up = ["".join(dice.choices(_SYLLABLES, k=dice.randint(*length))) for length in lengths]
    return list(dict.fromkeys((*_COMMON, *made_up)))


def _talk(dice: random.Random, words: int, vocabulary: list[str]) -> list[Said]:
    """(speaker, words with their times): a few long turns among many short ones, words as frequent as in speech."""
    weights = _weights(len(vocabulary))
    turns: list[Said] = []
    clock, speaker = 0.5, 0
    while words > 0:
        length = min(words, max(1, int(dice.lognormvariate(2.9, 1.3))))
        words -= length
        clock = max(0.0, clock + dice.gauss(0.25, 0.4))
        said = []
        for i, text in enumerate(dice.choices(vocabulary, cum_weights=weights, k=length)):
            if i == 0:
                text = text.capitalize()
            if i == length - 1 or dice.random() < 0.06:
                text += "." if i == length - 1 or dice.random() < 0.6 else ","
            end = clock + 0.05 + 0.045 * len(text)
            said.append((text, round(clock, 2), round(end, 2)))
            clock = end + (dice.choice((0.0, 0.0, 0.01, 0.2)) if not text.endswith(".") else dice.uniform(0.2, 0.9))
        turns.append((speaker, said))
        speaker = (speaker + dice.choice((1, 1, 1, 2))) % 4
    return turns


def _sonix(turns: list[Said]) -> dict[str, Any]:
    return {
        "name": "Call",
        "transcript": [
            {
                "speaker": f"Speaker {speaker + 1}",
                "start_time": said[0][1],
                "end_time": said[-1][2],
                "words": [
                    {
                        "text": f" {text}" if i else text,
                        "start_time": start,
                        "end_time": end,
                        "highlight": False,
                        "strikethrough": False,
                    }
                    for i, (text, start, end) in enumerate(said)
                ],
            }
            for speaker, said in turns
        ],
    }


def _temi(turns: list[Said]) -> dict[str, Any]:
    return {
        "speakers": [{"id": i, "name": f"Speaker {i + 1}"} for i in range(4)],
        "monologues": [
            {
                "id": place,
                "speaker": speaker,
                "speaker_name": f"Speaker {speaker + 1}",
                "elements": [{"type": "text", "value": text, "ts": start, "end_ts": end} for text, start, end in said],
            }
            for place, (speaker, said) in enumerate(turns)
        ],
    }


_SHAPES: dict[str, dict[str, Any]] = {
    "sonix": {"turns": "transcript", "tokens": "words", "build": _sonix},
    "temi": {"turns": "monologues", "tokens": "elements", "build": _temi},
}
