"""Temi's JSON transcript (operation Get Transcript, either version) as the lake's tables."""

from __future__ import annotations

import dataclasses

import msgspec

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.parsing import assemble
from sonitemi_pipelines.parsing.columns import Columns, Extra, Header, Tokens, Turns, columns
from sonitemi_pipelines.parsing.decode import Shape, label

Id = str | int | float | None

_KNOWN_TYPES = frozenset({"text", "tag", "punct"})


class Element(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A token: text, a tag such as <laugh>, or punctuation. Times in seconds."""

    type: str | None = None
    value: str | None = None
    ts: float | None = None
    end_ts: float | None = None


class Monologue(msgspec.Struct, forbid_unknown_fields=True):
    """A speaker turn. Ids need not be sorted; the order is that of the list."""

    id: Id = None
    speaker: Id = None
    speaker_name: Id = None
    elements: list[Element] | None = None


class Speaker(msgspec.Struct, forbid_unknown_fields=True):
    """A speaker and the name they were given."""

    id: Id = None
    name: Id = None


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    """The whole answer; `language` is not documented."""

    monologues: list[Monologue]
    speakers: list[Speaker] | None = None
    name: Id = None
    language: str | None = None


_SHAPE = Shape(Payload, turns=("monologues", Monologue), tokens=("elements", Element), others={"speakers": Speaker})


def parse(body: bytes, source: Source) -> Transcript:
    """One Temi transcript by itself, ready for the lake.

    Raises PayloadError as `take_apart` does.
    """
    return assemble.parse(take_apart, body, source)


def take_apart(body: bytes, source: Source) -> Columns:
    """One Temi transcript as columns.

    Args:
        body: the answer's bytes as they came; they are kept in `raw_payloads`.
        source: what the listing knows of it.

    Raises PayloadError (which transcript, what is wrong, where) when `body` is not of Temi's shape.
    """
    payload, extra = _SHAPE.decode(body, source)
    names = {label(speaker.id): label(speaker.name) for speaker in payload.speakers or ()}
    monologues = payload.monologues
    elements = [element for monologue in monologues for element in monologue.elements or ()]
    types = [element.type or "text" for element in elements]
    return columns(
        body,
        source,
        Header(label(payload.name), label(payload.language)),
        Turns(
            speakers=[_speaker(monologue, names) for monologue in monologues],
            sizes=[len(monologue.elements or ()) for monologue in monologues],
        ),
        Tokens(
            texts=[element.value or "" for element in elements],
            starts=[element.ts for element in elements],
            ends=[element.end_ts for element in elements],
            types=types,
        ),
        _with_unknown_types(extra, types),
    )


def _speaker(monologue: Monologue, names: dict[str | None, str | None]) -> str | None:
    """The name in `speakers`, else in the monologue, else `Speaker <id>`; None without an id too."""
    speaker_id = label(monologue.speaker)
    named = names.get(speaker_id) if speaker_id is not None else None
    return named or label(monologue.speaker_name) or (f"Speaker {speaker_id}" if speaker_id is not None else None)


def _with_unknown_types(extra: Extra, types: list[str]) -> Extra:
    """Element types other than text, tag and punct become kind 'tag': what they were is kept."""
    if _KNOWN_TYPES.issuperset(types):
        return extra
    tokens = extra.tokens or [{} for _ in types]
    kept = [more if name in _KNOWN_TYPES else {"type": name, **more} for name, more in zip(types, tokens, strict=True)]
    return dataclasses.replace(extra, tokens=kept)
