"""One label for one person, however the vendor spelled the name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_JOINERS = "\u200c\u200d"
_FIRST_JOINED = "\u0600"
"""Joiners are part of the spelling behind letters of Arabic and Indic scripts and in emoji, which come after these."""


def labels(names: Sequence[str | None]) -> list[str | None]:
    """The label of each name; see `label_of`."""
    return [None if name is None else label_of(name) for name in names]


@lru_cache(maxsize=1 << 14)
def label_of(name: str) -> str | None:
    """The name in NFC, with single spaces, without characters that nobody sees; None when nothing is left."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", name):
        category = unicodedata.category(character)
        if character in _JOINERS and kept and kept[-1] >= _FIRST_JOINED:
            kept.append(character)
        elif character.isspace():
            kept.append(" ")
        elif category not in ("Cf", "Cc", "Cn") and character not in "\u115f\u1160\u3164\uffa0\u034f":
            kept.append(character)
    label = " ".join("".join(kept).split())
    return unicodedata.normalize("NFC", label).strip(_JOINERS) or None
