"""What a callback's body hints at: which recording to look at again, and why. Nothing else in it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

Kind = Literal[
    "status_change",
    "transcription_finished",
    "translation_finished",
    "label_change",
    "folder_change",
    "unknown",
]

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class MalformedBodyError(ValueError):
    """The body is not a JSON object, or names no recording where the vendor documents one."""


@dataclass(frozen=True, slots=True)
class Hint:
    """`recording_id` is None when a genuine event names none in a place we know: then anything may have changed.

    `language` is the one a finished translation is in, as far as the event says.
    """

    recording_id: str | None
    kind: Kind
    language: str | None = None


def json_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body, or what stands for one in a form: a field that holds it, or fields such as `job[id]`.

    Raises:
        MalformedBodyError: there is none.
    """
    try:
        payload = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        payload = _form(body)
        if not payload:
            raise MalformedBodyError("neither JSON nor a form") from error
    if not isinstance(payload, Mapping):
        raise MalformedBodyError("not a JSON object")
    return payload


def _form(body: bytes) -> dict[str, Any]:
    """The fields of a form-encoded body; none where it is something else."""
    try:
        fields = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=200)
    except (UnicodeDecodeError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for name, value in fields:
        outer, _, inner = name.partition("[")
        if inner.endswith("]"):
            holder = found.setdefault(outer, {})
            if isinstance(holder, dict):
                holder.setdefault(inner[:-1], value)
        else:
            found.setdefault(name, _maybe_json(value))
    only = next(iter(found.values())) if len(found) == 1 else None
    return only if isinstance(only, dict) and not found.keys() & {"job", "media"} else found


def _maybe_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text) if text.startswith("{") else text
    except (msgspec.DecodeError, RecursionError):
        return text


def id_of(value: Any) -> str | None:
    """An id goes into a vendor's URL later, so what does not look like one is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and _ID.fullmatch(value) else None
