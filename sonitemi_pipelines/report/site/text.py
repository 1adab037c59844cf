"""What the search in the browser compares: terms of a text, made alike here and in `templates/site/search.js`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

SHARDS = 16
"""Parts of an index by the first two letters of a term, so that a search reads only those it needs."""

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`\uff07]")
# Accents and points of Latin, Greek, Cyrillic, Hebrew and Arabic; marks of other scripts are letters.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]")
# Written without spaces: each character stands for itself.
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def terms(text: str) -> Iterator[str]:
    """The terms of a text in their order."""
    for chunk in text.split():
        yield from _terms_of(chunk)


@lru_cache(maxsize=1 << 17)
def _terms_of(chunk: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", chunk).lower().replace("ς", "σ"))
    folded = unicodedata.normalize("NFC", _MARKS.sub("", folded))
    kept = "".join(
        f" {sign} "
        if _SPACELESS.match(sign)
        else sign
        if sign.isalnum() or unicodedata.category(sign)[0] == "M"
        else " "
        for sign in _APOSTROPHES.sub("", folded)
    )
    return tuple(kept.split())


def shard_of(term: str) -> int:
    """Number of the part that holds a term."""
    second = ord(term[1]) if len(term) > 1 else 0
    return (ord(term[0]) * 31 + second) % SHARDS
