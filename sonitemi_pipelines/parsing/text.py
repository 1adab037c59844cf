"""The text that tokens make together: turn by turn, what an editor struck left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sonitemi_pipelines.parsing.columns import Bools, Ints


def turn_texts(joined: pa.Array[Any], bounds: Ints, struck: Bools) -> list[str]:
    """The final text of each turn: struck tokens left out, ends stripped.

    Args:
        joined: the tokens with the spaces they carry or miss (`TokenFacts.joined`).
        bounds: turn i holds the tokens from `bounds[i]` to `bounds[i + 1]`.
        struck: tokens an editor struck through.
    """
    # The texts of all tokens lie in one buffer, one behind the other: those of a turn are one stretch of it.
    buffers: Any = joined.buffers()
    _, offsets, data = buffers
    ends = np.frombuffer(offsets, np.int32)[joined.offset :][bounds] if offsets else np.zeros(len(bounds), np.int32)
    whole: list[Any] = pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(ends.tobytes()), data).to_pylist()
    texts: list[str] = [text.strip() for text in whole]
    struck_before = np.concatenate(([0], np.cumsum(struck)))[bounds]
    for turn in np.flatnonzero(struck_before[1:] > struck_before[:-1]).tolist():
        part = slice(bounds[turn], bounds[turn + 1])
        tokens: list[Any] = joined[part].to_pylist()
        texts[turn] = _join_across_cuts(tokens, struck[part].tolist()).strip()
    return texts


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
