"""Sonix's JSON transcript (operation transcript.json, with or without `language`) as the lake's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec

from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.parsing.columns import Columns, Header, Tokens, Turns, columns
from sonitemi_pipelines.parsing.decode import Shape, label, number


class Word(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A token, which may hold several words, a part of one, or none. Times in seconds."""

    text: str | None = None
    start_time: float | None = None
    end_time: float | None = None
    highlight: bool | None = None
    strikethrough: bool | None = None


class Segment(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A speaker turn. Times in seconds. `note` and `completed` are not documented, but common."""

    speaker: str | int | float | None = None
    start_time: float | None = None
    end_time: float | None = None
    words: list[Word] | None = None
    note: Any = msgspec.UNSET
    completed: Any = msgspec.UNSET


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    """The whole answer; `language` and `quality_score` are not documented."""

    transcript: list[Segment]
    name: str | int | float | None = None
    language: str | None = None
    quality_score: Any = None


class ColouredWord(Word):
    """`highlight_color` is not documented, and comes where somebody highlighted."""

    highlight_color: Any = msgspec.UNSET


class ColouredSegment(Segment):
    """A turn of such words."""

    words: list[ColouredWord] | None = None  # type: ignore[assignment]


class ColouredPayload(Payload):
    """An answer that may hold them."""

    transcript: list[ColouredSegment]  # type: ignore[assignment]


_SHAPE: Shape[Payload] = Shape(
    ColouredPayload, turns=("transcript", ColouredSegment), tokens=("words", ColouredWord), plain=Payload
)


def take_apart(body: bytes, source: Source) -> Columns:
    """One Sonix transcript as columns.

    Args:
        body: the answer's bytes as they came; they are kept in `raw_payloads`.
        source: what the listing knows of it.

    Raises PayloadError (which transcript, what is wrong, where) when `body` is not of Sonix's shape.
    """
    payload, extra = _SHAPE.decode(body, source)
    quality_score = number(payload.quality_score)
    if quality_score is None and payload.quality_score not in (None, ""):
        extra.transcript["quality_score"] = payload.quality_score
    segments = payload.transcript
    words = list(chain.from_iterable([segment.words or () for segment in segments]))
    extra = replace(extra, turns=_with_fields(extra.turns, segments, ("note", "completed")))
    if isinstance(payload, ColouredPayload):
        extra = replace(extra, tokens=_with_fields(extra.tokens, words, ("highlight_color",)))
    return columns(
        body,
        source,
        Header(label(payload.name), label(payload.language), quality_score),
        Turns(
            speakers=[label(segment.speaker) for segment in segments],
            sizes=[len(segment.words or ()) for segment in segments],
            starts=[segment.start_time for segment in segments],
            ends=[segment.end_time for segment in segments],
        ),
        Tokens(
            texts=[word.text or "" for word in words],
            starts=[word.start_time for word in words],
            ends=[word.end_time for word in words],
            struck=[word.strikethrough for word in words],
            highlighted=[word.highlight for word in words],
        ),
        extra,
    )


def _with_fields(
    extra: list[dict[str, Any]] | None, items: Sequence[msgspec.Struct], names: tuple[str, ...]
) -> list[dict[str, Any]] | None:
    """`extra` of each item with those of its fields `names` that were sent."""
    for name in names:
        values = list(map(attrgetter(name), items))
        if values.count(msgspec.UNSET) == len(values):
            continue
        extra = extra or [{} for _ in items]
        for more, value in zip(extra, values, strict=True):
            if value is not msgspec.UNSET:
                more[name] = value
    return extra
