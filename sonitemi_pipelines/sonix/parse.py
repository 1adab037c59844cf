"""Sonix's JSON transcript (operation transcript.json, with or without `language`) as the lake's tables."""

from __future__ import annotations

from typing import Any

import msgspec

from sonitemi_pipelines.payload import Shape, label, number
from sonitemi_pipelines.transcript import Header, Source, Tokens, Transcript, Turns, assemble


class Word(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A token, which may hold several words, a part of one, or none. Times in seconds."""

    text: str | None = None
    start_time: float | None = None
    end_time: float | None = None
    highlight: bool | None = None
    strikethrough: bool | None = None


class Segment(msgspec.Struct, forbid_unknown_fields=True):
    """A speaker turn. Times in seconds."""

    speaker: str | int | float | None = None
    start_time: float | None = None
    end_time: float | None = None
    words: list[Word] | None = None


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    """The whole answer; `language` and `quality_score` are not documented."""

    transcript: list[Segment]
    name: str | int | float | None = None
    language: str | None = None
    quality_score: Any = None


_SHAPE = Shape(Payload, turns=("transcript", Segment), tokens=("words", Word))


def parse(body: bytes, source: Source) -> Transcript:
    """One Sonix transcript, ready for the lake.

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
    words = [word for segment in segments for word in segment.words or ()]
    return assemble(
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
