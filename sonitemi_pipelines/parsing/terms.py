"""The form in which words are compared: by terms, fillers, stop words, edits and search alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MASKS = "*＊∗⁎█■●#_"
MASKED = re.compile(f"[{re.escape(_MASKS)}]{{2,}}")
"""Speech that the vendor hides: a token of such characters, without letters, stands for a word."""

_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
# Before normalisation: NFKC makes an acute accent on its own a space with an accent on it.
_APOSTROPHES = "‘’‚‛ʼʹʻˈ`´′＇ꞌ՚׳\u02bd"
_HYPHENS = "\u2010\u2011\u2012\u2212\u058a\u05be\ufe63\uff0d\u2e17"
_ONE_OF_A_KIND = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_HYPHENS, "-") | {"\u05f4": '"', "ς": "σ"}
)
_SELECTORS = re.compile("[\ufe00-\ufe0f\u034f\U000e0100-\U000e01ef]")
_ASCII_AROUND = "".join(character for character in map(chr, range(128)) if not character.isalnum())


def has_speech(text: str) -> bool:
    """Whether text without white space stands for something said: a letter, a digit, or a mask such as `***`.

    Emoji hold no speech, nor do those made of a digit, such as the keycap 1.
    """
    if text.isascii():
        return any(map(str.isalnum, text)) or MASKED.search(text) is not None
    if "\u20e3" in text:
        text = _KEYCAP.sub("", text)
    return any(map(str.isalnum, text)) or MASKED.search(text) is not None


@lru_cache(maxsize=1 << 16)
def term_of(shown: str) -> str:
    """The term of a word: NFKC, lower case, final sigma as any sigma; characters of format (soft hyphen, zero width)
    dropped; apostrophes and hyphens of all kinds made one; punctuation around it removed, punctuation inside kept.

    A word without letters and digits, such as `***`, is its own term.
    """
    if shown.isascii():
        return shown.strip(_ASCII_AROUND).lower().replace("`", "'") or _masked(shown)
    plain = unicodedata.normalize("NFKC", _SELECTORS.sub("", shown).translate(_ONE_OF_A_KIND)).lower()
    plain = unicodedata.normalize("NFKC", plain).translate(_ONE_OF_A_KIND)
    if not plain.isascii():
        plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    # What NFKC knows as a space with a mark on it holds a space.
    return _without_around("".join(plain.split())) or _masked(plain)


def _masked(plain: str) -> str:
    found = MASKED.search(plain)
    return found[0] if found else ""


def _without_around(plain: str) -> str:
    inner = [i for i, c in enumerate(plain) if c.isalnum()]
    if not inner:
        return ""
    end = inner[-1] + 1
    while end < len(plain) and unicodedata.category(plain[end]).startswith("M"):
        end += 1
    return plain[inner[0] : end]
