"""The text that tokens make together: turn by turn, what an editor struck left out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from sonitemi_pipelines.parsing.words import Bools


def turn_texts(texts: Sequence[str], bounds: Sequence[int], struck: Bools) -> list[str]:
    """The final text of each turn: struck tokens left out, ends stripped.

    Args:
        texts: the tokens with the spaces they carry or miss (`TokenFacts.joined`).
        bounds: turn i holds the tokens from `bounds[i]` to `bounds[i + 1]`.
        struck: tokens an editor struck through.
    """
    struck_before = np.concatenate(([0], np.cumsum(struck))).tolist()
    found = []
    for first, end in itertools.pairwise(bounds):
        if struck_before[first] == struck_before[end]:
            text = "".join(texts[first:end])
        else:
            text = _join_across_cuts(texts[first:end], struck[first:end].tolist())
        found.append(text.strip())
    return found


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
