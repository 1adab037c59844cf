"""Temi's JSON transcript (operation Get Transcript, either version) as the lake's tables."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Literal

import msgspec

from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.parsing.columns import Columns, Extra, Header, Tokens, Turns, columns
from sonitemi_pipelines.parsing.decode import Shape, label
from sonitemi_pipelines.parsing.speakers import label_of

Id = str | int | float | None

_KNOWN_TYPES = frozenset({"text", "tag", "punct"})


class Element(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A token: text, a tag such as <laugh>, or punctuation. Times in seconds."""

    type: str | None = None
    value: str | None = None
    ts: float | None = None
    end_ts: float | None = None


class Monologue(msgspec.Struct, forbid_unknown_fields=True, gc=False):
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


class PlainElement(Element):
    """A token of a type that is known, as nearly all are: the three texts are made once and for all."""

    type: Literal["text", "tag", "punct"] = "text"


class PlainMonologue(Monologue):
    """A turn of such tokens."""

    elements: list[PlainElement] | None = None  # type: ignore[assignment]


class PlainPayload(Payload):
    """An answer of such turns."""

    monologues: list[PlainMonologue]  # type: ignore[assignment]


_SHAPE: Shape[Payload] = Shape(
    Payload,
    turns=("monologues", Monologue),
    tokens=("elements", Element),
    others={"speakers": Speaker},
    plain=PlainPayload,
)


def take_apart(body: bytes, source: Source) -> Columns:
    """One Temi transcript as columns.

    Args:
        body: the answer's bytes as they came; they are kept in `raw_payloads`.
        source: what the listing knows of it.

    Raises PayloadError (which transcript, what is wrong, where) when `body` is not of Temi's shape.
    """
    payload, extra = _SHAPE.decode(body, source)
    monologues = payload.monologues
    elements = list(itertools.chain.from_iterable([monologue.elements or () for monologue in monologues]))
    types = [element.type or "text" for element in elements]
    if types.count("text") < len(types):
        extra = _with_unknown_types(extra, types)
    return columns(
        body,
        source,
        Header(label(payload.name), label(payload.language)),
        Turns(
            speakers=_names(payload),
            sizes=[len(monologue.elements or ()) for monologue in monologues],
        ),
        Tokens(
            texts=[element.value or "" for element in elements],
            starts=[element.ts for element in elements],
            ends=[element.end_ts for element in elements],
            types=types,
        ),
        extra,
    )


def _names(payload: Payload) -> list[str | None]:
    """The speaker of each monologue: the name in `speakers`, else in the monologue, else a label made of the id that
    nobody else of this transcript has; None without an id too.
    """
    listed = {label(speaker.id): label(speaker.name) for speaker in payload.speakers or ()}
    listed = {speaker_id: name for speaker_id, name in listed.items() if speaker_id is not None and _shown(name)}
    found: list[str | None] = []
    made_up: dict[str, str] = {}
    own = [(label(monologue.speaker), label(monologue.speaker_name)) for monologue in payload.monologues]
    taken = {_shown(name) for name in [*listed.values(), *(name for _, name in own)]}
    for speaker_id, speaker_name in own:
        name = listed.get(speaker_id) or (speaker_name if _shown(speaker_name) else None)
        if name is None and speaker_id is not None:
            if speaker_id not in made_up:
                made_up[speaker_id] = _made_up(speaker_id, taken)
                taken.add(_shown(made_up[speaker_id]))
            name = made_up[speaker_id]
        found.append(name)
    return found


def _shown(name: str | None) -> str | None:
    return None if name is None else label_of(name)


def _made_up(speaker_id: str, taken: set[str | None]) -> str:
    """Temi numbers the labels it makes from 1 and the ids from 0: its `Speaker 1` may have another id."""
    candidates = (f"Speaker {speaker_id}", f"Speaker id {speaker_id}")
    more = (f"Speaker id {speaker_id} ({n})" for n in itertools.count(2))
    return next(name for name in itertools.chain(candidates, more) if _shown(name) not in taken)


def _with_unknown_types(extra: Extra, types: list[str]) -> Extra:
    """Element types other than text, tag and punct become kind 'tag': what they were is kept."""
    if _KNOWN_TYPES.issuperset(types):
        return extra
    tokens = extra.tokens or [{} for _ in types]
    kept = [more if name in _KNOWN_TYPES else {"type": name, **more} for name, more in zip(types, tokens, strict=True)]
    return dataclasses.replace(extra, tokens=kept)
