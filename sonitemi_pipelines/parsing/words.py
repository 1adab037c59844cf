"""What the tokens of a transcript say: words begun, kinds, and the text they make together.

Everything is worked out once per distinct token and looked up for the rest, since speech repeats itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

KINDS = ("word", "punct", "tag")
WORD, PUNCT, TAG = range(len(KINDS))
_FACTS = 7
# Han, Kana, Thai, Lao, Khmer, Burmese: words stand without spaces between them, so each token is a word of its own.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f"
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TokenFacts:
    """One row per token, in the order sent.

    Attributes:
        text: the token, white space around it removed (string).
        kind: index into `KINDS`.
        word_count: words that begin in the token.
        spaced: whether the tokens carry their own spaces, so that text is made by joining them as they are.
    """

    text: pa.Array[Any]
    kind: Ints
    word_count: Ints
    spaced: bool


@lru_cache(maxsize=1 << 16)
def _text_facts(text: str) -> tuple[str, int, bool, bool, bool, bool, bool]:
    """Trimmed text; words in it; whether it starts, ends with white space; whether it holds any;
    whether the chunk at its start, at its end (not set off by white space) may be part of a word that goes on there."""
    chunks = text.split()
    spoken = [any(map(str.isalnum, chunk)) for chunk in chunks]
    starts_blank, ends_blank = text[:1].isspace(), text[-1:].isspace()
    return (
        text.strip(),
        sum(spoken),
        starts_blank,
        ends_blank,
        starts_blank or ends_blank or len(chunks) > 1,
        bool(chunks) and spoken[0] and not starts_blank and not _is_spaceless(chunks[0]),
        bool(chunks) and spoken[-1] and not ends_blank and not _is_spaceless(reversed(chunks[-1])),
    )


def _is_spaceless(characters: Iterable[str]) -> bool:
    """Whether the first alphanumeric character is of a script that is written without spaces."""
    return _SPACELESS.match(next(filter(str.isalnum, characters))) is not None


def token_facts(texts: Sequence[str], types: Sequence[str] | None, turn_start: Ints) -> TokenFacts:
    """Facts of each token.

    Args:
        texts: the tokens as sent.
        types: the vendor's element types; 'punct' and those other than 'text' hold no words. None: all are text.
        turn_start: for each token, the index of its turn's first token; no word goes on across turns.
    """
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    of_token = encoded.indices.to_numpy()
    facts = [_text_facts(text) for text in encoded.dictionary.to_pylist()]
    stripped, *numbers = zip(*facts, strict=True) if facts else ((),) * _FACTS
    trimmed = pa.array(stripped, pa.string()).take(encoded.indices)
    word_count, starts_blank, ends_blank, blank, leads, trails = np.array(numbers, dtype=np.int64)[:, of_token]
    spaced = bool(starts_blank.any() or ends_blank.any())
    kind = np.where(word_count > 0, WORD, PUNCT)
    settles = blank | word_count
    if types is not None and not {"text"}.issuperset(types):
        punct = np.array([each == "punct" for each in types])
        tag = np.array([each not in ("text", "punct") for each in types])
        kind = np.where(tag, TAG, np.where(punct, PUNCT, kind))
        wordless = punct | tag
        word_count, leads, trails = (np.where(wordless, 0, column) for column in (word_count, leads, trails))
        settles = blank | word_count | tag
    if spaced:
        word_count = word_count - _goes_on(settles > 0, leads > 0, trails > 0, turn_start)
    return TokenFacts(trimmed, kind, word_count, spaced)


def _goes_on(settles: Bools, leads: Bools, trails: Bools, turn_start: Ints) -> Bools:
    """Tokens whose first chunk is the rest of a word that an earlier token began.

    A token settles whether a word is open behind it (`trails`) if it holds white space or an alphanumeric character, or
    is a tag; others, such as an apostrophe on its own, leave it as it was.
    """
    positions = np.arange(len(settles))
    last_settled = np.maximum.accumulate(np.where(settles, positions, -1))
    before = np.concatenate(([-1], last_settled[:-1]))[: len(settles)]
    return leads & (before >= turn_start) & trails[before]


def turn_texts(
    texts: Sequence[str],
    bounds: Sequence[int],
    facts: TokenFacts,
    struck: Bools,
    types: Sequence[str] | None,
) -> list[str]:
    """The final text of each turn: struck tokens left out, ends stripped.

    Args:
        texts: the tokens as sent.
        bounds: turn i holds the tokens from `bounds[i]` to `bounds[i + 1]`.
        facts: as `token_facts` found them.
        struck: tokens an editor struck through.
        types: the vendor's element types; without spaces of their own, 'punct' attaches to the word before.
    """
    struck_before = np.concatenate(([0], np.cumsum(struck))).tolist()
    plain_join = facts.spaced or not ("" in texts or (types is not None and "punct" in types))
    separator = "" if facts.spaced else " "
    found = []
    for first, end in itertools.pairwise(bounds):
        if plain_join and struck_before[first] == struck_before[end]:
            text = separator.join(texts[first:end])
        elif facts.spaced:
            text = _join_across_cuts(texts[first:end], struck[first:end].tolist())
        else:
            text = _join_words(texts, types, [i for i in range(first, end) if not struck[i]])
        found.append(text.strip())
    return found


def _join_words(texts: Sequence[str], types: Sequence[str] | None, kept: Sequence[int]) -> str:
    pieces: list[str] = []
    for i in kept:
        if texts[i]:
            if pieces and not (types is not None and types[i] == "punct"):
                pieces.append(" ")
            pieces.append(texts[i])
    return "".join(pieces)


def _join_across_cuts(texts: Sequence[str], struck: Sequence[bool]) -> str:
    """Tokens joined as they are, without the struck ones.

    Where something was cut, white space left on both sides becomes one space; and two words that only the cut tokens
    kept apart stay apart.
    """
    pieces: list[str] = []
    cut: list[str] = []
    for text, is_struck in zip(texts, struck, strict=True):
        if is_struck:
            cut.append(text)
            continue
        if not text:
            continue
        if cut and pieces:
            before = pieces[-1]
            if before[-1].isspace() and text[0].isspace():
                pieces[-1] = before.rstrip()
                text = " " + text.lstrip()
            elif before[-1].isalnum() and text[0].isalnum() and any(map(str.isspace, "".join(cut))):
                text = " " + text
        cut = []
        pieces.append(text)
    return "".join(piece for piece in pieces if piece)
