"""Changes of the kinds that happen to answers: values of other types, members gone or doubled, bytes flipped or cut."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e30, 1e308, -0.0, 10**25, "", " ", "\x00", "\u202e", "\ud800", "x" * 5000, "NaN", "1e999",
    "2026-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", [], {}, [[]], [None], {"id": {}}, "1" * 400,
    "..", "a\nb", 2**31, -(2**63), "=1+1", "\u200b", "İ" * 50, "ﷺ" * 40, "a\u0301" * 300,
)  # fmt: skip
"""Values that no vendor should send."""
_PIECES = (
    b"\xff",
    b"[" * 50,
    b"[" * 5000,
    b"{",
    b'"',
    b"\\ud800",
    b"9" * 5000,
    b"\x00",
    b"1e999999999",
    b"\xef\xbb\xbf",
)


def mutated(body: bytes, random: Random) -> bytes:
    """The body with a few changes; most are of its JSON, the others of its bytes."""
    if random.random() < 0.7:
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            return _of_bytes(body, random)
        for _ in range(random.randint(1, 4)):
            _change(tree, random)
        try:
            text = json.dumps(tree, ensure_ascii=random.random() < 0.5)
        except RecursionError:
            return _of_bytes(body, random)
        return text.encode("utf-8", "surrogatepass")
    return _of_bytes(body, random)


def _of_bytes(body: bytes, random: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(random.randint(1, 6)):
        place = random.randrange(len(changed) + 1)
        kind = random.randrange(4)
        if kind == 0:
            changed[place:place] = random.choice(_PIECES)
        elif kind == 1:
            del changed[place : place + random.randint(1, 40)]
        elif kind == 2 and place < len(changed):
            changed[place] = random.randrange(256)
        else:
            changed = changed[: max(1, place)]
    return bytes(changed)


def _change(tree: Any, random: Random) -> None:
    holder = tree
    while isinstance(holder, dict | list):
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        if not keys:
            return
        key = random.choice(keys)
        if isinstance(holder[key], dict | list) and random.random() < 0.8:
            holder = holder[key]
            continue
        kind = random.randrange(5)
        if kind < 2:
            holder[key] = deepcopy(random.choice(ODD))
        elif kind == 2:
            del holder[key]
        elif kind == 3 and isinstance(holder[key], str | int | float) and not isinstance(holder[key], bool):
            # Another value of its own kind: what looks right and is not.
            value = holder[key]
            holder[key] = value * random.choice((2, -1, 1000)) if not isinstance(value, str) else value[::-1]
        elif isinstance(holder, list):
            holder.insert(key, deepcopy(random.choice(ODD)))
        else:
            holder[f"{key}2"] = holder[key]
        return
