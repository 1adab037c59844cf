"""What a callback of Sonix hints at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sonitemi_pipelines.webhooks.hints import Hint, Kind, MalformedBodyError, id_of, json_object
from sonitemi_pipelines.webhooks.hooks import Hook

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_WRAPPERS = ("data", "payload", "event", "object", "resource", "attributes")
_ABOUT_MEDIA = ("media", "transcript", "translation")
_LANGUAGE_FIELDS = ("target_language", "targetLanguage", "language")
_KIND_FIELDS = ("event", "event_type", "eventType", "type", "kind", "action", "topic")
# The order matters: "transcript.label_changed" names a transcript and is about its label.
_KIND_WORDS: tuple[tuple[str, Kind], ...] = (
    ("label", "label_change"),
    ("folder", "folder_change"),
    ("translat", "translation_finished"),
    ("transcri", "transcription_finished"),
)


def sonix_event(body: bytes) -> Hint:
    """Read a signed Sonix event. Its shape is not documented, so ids and kinds are looked for in the usual places.

    Raises:
        MalformedBodyError: not a JSON object.
    """
    payload = json_object(body)
    return _hint(payload, _media_id(payload), "unknown")


def sonix_callback(body: bytes) -> Hint:
    """Read what Sonix POSTs to a `callback_url`: the bare media JSON, or an event of a webhook without a secret.

    Raises:
        MalformedBodyError: not a JSON object, or without a media id.
    """
    payload = json_object(body)
    media_id = _media_id(payload)
    if media_id is None:
        raise MalformedBodyError("no media id")
    return _hint(payload, media_id, "status_change")


def _hint(payload: Mapping[str, Any], media_id: str | None, otherwise: Kind) -> Hint:
    kind = _kind(payload) or otherwise
    return Hint(media_id, kind, _language(payload) if kind == "translation_finished" else None)


def _envelopes(payload: Mapping[str, Any], depth: int = 3) -> Iterator[Mapping[str, Any]]:
    """The payload and what it wraps, innermost first: an outer `id` tends to be the event's own."""
    if depth > 1:
        for name in _WRAPPERS:
            inner = payload.get(name)
            if isinstance(inner, Mapping):
                yield from _envelopes(inner, depth - 1)
    yield payload


def _media_id(payload: Mapping[str, Any]) -> str | None:
    envelopes = list(_envelopes(payload))
    for envelope in envelopes:
        parts = [part for name in _ABOUT_MEDIA if isinstance(part := envelope.get(name), Mapping)]
        media = envelope.get("media")
        named = [holder.get(name) for holder in (envelope, *parts) for name in ("media_id", "mediaId")]
        named.append(media.get("id") if isinstance(media, Mapping) else media)
        for candidate in named:
            if found := id_of(candidate):
                return found
    return next((found for envelope in envelopes if (found := id_of(envelope.get("id")))), None)


def _kind(payload: Mapping[str, Any]) -> Kind | None:
    for envelope in _envelopes(payload):
        for name in _KIND_FIELDS:
            said = envelope.get(name)
            if isinstance(said, str):
                for word, kind in _KIND_WORDS:
                    if word in said.lower():
                        return kind
    return None


def _language(payload: Mapping[str, Any]) -> str | None:
    """Not the `language` of a media inside the event: that is the one it was spoken in."""
    for envelope in _envelopes(payload):
        for holder in (envelope.get("translation"), envelope):
            if isinstance(holder, Mapping):
                for name in _LANGUAGE_FIELDS:
                    said = holder.get(name)
                    if isinstance(said, str) and _LANGUAGE.fullmatch(said):
                        return said
    return None


HOOKS = (
    Hook("sonix", "sonix_event", "/sonix/events", sonix_event, signed=True),
    Hook("sonix", "sonix_callback", "/sonix/callback", sonix_callback),
)
"""A signed webhook, and the `callback_url` of a submission."""
