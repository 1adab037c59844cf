"""A payload taken apart: the columns that every vendor's parser fills, checked one payload at a time.

What is wrong with a payload shows here, so that the transcripts of a batch can be assembled together afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.masking import one_line
from sonitemi_pipelines.parsing.times import LONGEST_MS, Floats, Seconds, TimeError, milliseconds

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

KINDS = ("word", "punct", "tag")
WORD, PUNCT, TAG = range(len(KINDS))


@dataclass(frozen=True)
class Extra:
    """What a payload holds beyond its vendor's document, by field name; None where no turn or token holds more."""

    transcript: dict[str, Any] = field(default_factory=dict)
    turns: list[dict[str, Any]] | None = None
    tokens: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Header:
    """The members of a payload that describe it as a whole."""

    title: str | None = None
    language: str | None = None
    quality_score: float | None = None


@dataclass(frozen=True)
class Turns:
    """The turns of a payload; `sizes` counts the tokens of each, times are in seconds."""

    speakers: Sequence[str | None]
    sizes: Sequence[int]
    starts: Seconds | None = None
    ends: Seconds | None = None


@dataclass(frozen=True)
class Tokens:
    """The tokens of a payload, times in seconds; a column the vendor does not have is None.

    Attributes:
        types: 'text', 'punct', or anything else, which counts as a tag; None: all are text.
    """

    texts: Sequence[str]
    starts: Seconds
    ends: Seconds
    types: Sequence[str] | None = None
    struck: Sequence[bool | None] | None = None
    highlighted: Sequence[bool | None] | None = None


@dataclass(frozen=True)
class Columns:
    """One payload as columns; times in milliseconds, NaN where there is none.

    Attributes:
        revision: sha256 of the payload's bytes, in hex.
        sizes: tokens of each turn.
        turn_starts, turn_ends: None where the vendor times no turns.
        kinds: index into `KINDS`, WORD for every text; None where all are text.
        extra: JSON of what the payload holds beyond its vendor's document: of the whole, of each turn, of each token.
    """

    source: Source
    body: bytes
    revision: str
    header: Header
    speakers: Sequence[str | None]
    sizes: Ints
    turn_starts: Floats | None
    turn_ends: Floats | None
    texts: pa.Array[Any]
    starts: Floats
    ends: Floats
    kinds: npt.NDArray[np.int8] | None
    struck: Bools | None
    highlighted: Bools | None
    extra: tuple[str | None, list[str | None] | None, list[str | None] | None]


TakeApart = Callable[[bytes, Source], Columns]
"""What a vendor's parser does: the columns of a payload, or a PayloadError that says what is wrong with it."""


def unusable(source: Source, what: str) -> PayloadError:
    """One line: which transcript, what is wrong with it and where, what to do."""
    line = (
        f"{source.provider} transcript {source.recording_id!r} ({source.variant}) is not usable: {one_line(what)}; "
        "look at it at the vendor, the next sync tries again"
    )
    return PayloadError(" ".join(line.split()))


def revision_of(body: bytes) -> str:
    """What tells one state of a transcript from another: sha256 of the payload's bytes, in hex."""
    return hashlib.sha256(body).hexdigest()


def columns(body: bytes, source: Source, header: Header, turns: Turns, tokens: Tokens, extra: Extra) -> Columns:
    """
    Raises PayloadError for times that no media has, and for a turn whose tokens last over 24 days in all.
    """
    sizes = np.asarray(turns.sizes, dtype=np.int64)
    starts, ends = _times(tokens.starts, source, "start of token"), _times(tokens.ends, source, "end of token")
    running = np.concatenate(([0.0], np.cumsum(np.nan_to_num(np.maximum(ends - starts, 0.0)))))
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    lasts = running[bounds[1:]] - running[bounds[:-1]]
    if (lasts > LONGEST_MS).any():
        raise unusable(source, f"turn {int(lasts.argmax())}: its words last longer in all than 24 days")
    return Columns(
        source,
        body,
        revision_of(body),
        header,
        turns.speakers,
        sizes,
        None if turns.starts is None else _times(turns.starts, source, "start of turn"),
        None if turns.ends is None else _times(turns.ends, source, "end of turn"),
        pa.array(tokens.texts, pa.string()),
        starts,
        ends,
        _kinds(tokens.types),
        _flags(tokens.struck),
        _flags(tokens.highlighted),
        _encoded(extra, source),
    )


def _times(seconds: Seconds, source: Source, what: str) -> Floats:
    try:
        return milliseconds(seconds)
    except TimeError as error:
        raise unusable(source, f"{what} {error.index}: {error}") from None


def _kinds(types: Sequence[str] | None) -> npt.NDArray[np.int8] | None:
    if types is None or types.count("text") == len(types):
        return None
    return np.array([WORD if each == "text" else PUNCT if each == "punct" else TAG for each in types], np.int8)


def _flags(flags: Sequence[bool | None] | None) -> Bools | None:
    """None where none is set, which is told at a glance."""
    return None if flags is None or True not in flags else np.array(flags, dtype=np.bool_)


def _encoded(extra: Extra, source: Source) -> tuple[str | None, list[str | None] | None, list[str | None] | None]:
    try:
        return _json(extra.transcript), _all_json(extra.turns), _all_json(extra.tokens)
    except RecursionError:
        raise unusable(source, "JSON nested too deeply") from None


def _json(more: dict[str, Any]) -> str | None:
    return msgspec.json.encode(more).decode() if more else None


def _all_json(extra: list[dict[str, Any]] | None) -> list[str | None] | None:
    return None if extra is None or not any(extra) else list(map(_json, extra))
