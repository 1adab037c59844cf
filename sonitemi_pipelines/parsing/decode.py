"""Transcript payloads: bytes to typed structs, with whatever the vendor sent beyond them kept as `extra`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.parsing.columns import Extra, unusable

S = TypeVar("S", bound=msgspec.Struct)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a surrogate pair: one character
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # half of a pair, which no text can hold
    rb"|\\.",  # any other escape, so that an escaped backslash never starts one
    re.DOTALL,
)
_HALF_PAIR_LENGTH = 6


@dataclass(frozen=True)
class Shape(Generic[S]):
    """How a vendor's payload is built: the struct of the whole, and of the objects in its lists.

    The structs forbid unknown fields, so the usual payload costs one pass and an unusual one shows itself. Only then
    the payload is read a second time as plain JSON, and what the structs do not know is moved to `Extra`.

    Attributes:
        payload: struct of the whole payload.
        turns: field that holds the turns, and the struct of one.
        tokens: field of a turn that holds its tokens, and the struct of one.
        others: further fields of the payload that hold objects -> the struct of one.
        plain: a narrower struct of the whole payload that is tried first: what it takes, it takes as `payload` does.
    """

    payload: type[S]
    turns: tuple[str, type[msgspec.Struct]]
    tokens: tuple[str, type[msgspec.Struct]]
    others: Mapping[str, type[msgspec.Struct]] = field(default_factory=dict)
    plain: type[S] | None = None
    _plain_decoder: msgspec.json.Decoder[S] | None = field(init=False, repr=False, default=None)
    _decoder: msgspec.json.Decoder[S] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Here, at import: two threads that resolve the types of a struct at once end the process.
        object.__setattr__(self, "_decoder", msgspec.json.Decoder(self.payload, strict=False))
        if self.plain is not None:
            object.__setattr__(self, "_plain_decoder", msgspec.json.Decoder(self.plain, strict=False))

    def decode(self, body: bytes, source: Source) -> tuple[S, Extra]:
        """The payload and what it holds beyond the structs.

        Raises PayloadError when `body` is not JSON in UTF-8 or not of this shape.
        """
        body = _checked(body, source)
        if self._plain_decoder is not None:
            with suppress(msgspec.DecodeError, RecursionError):
                return self._plain_decoder.decode(body), Extra()
        try:
            try:
                return self._decoder.decode(body), Extra()
            except msgspec.ValidationError:
                return self._decode_with_extra(body)
            except msgspec.DecodeError:
                repaired = _without_half_pairs(body)
                if repaired == body:
                    raise
                return self._decode_with_extra(repaired)
        except msgspec.ValidationError as error:
            raise unusable(source, str(error)) from None
        except msgspec.DecodeError as error:
            raise unusable(source, f"{error}, after {len(body)} bytes in all") from None
        except RecursionError:
            raise unusable(source, "JSON nested too deeply") from None

    def _decode_with_extra(self, body: bytes) -> tuple[S, Extra]:
        document = msgspec.json.decode(body)
        transcript = _take_unknown(document, self.payload)
        for name, struct in self.others.items():
            as_sent = [dict(each) if isinstance(each, dict) else each for each in _members(document, name)]
            unknown = [_take_unknown(each, struct) for each in _members(document, name)]
            if any(unknown):
                transcript[name] = [each for each, more in zip(as_sent, unknown, strict=True) if more]
        turns = _members(document, self.turns[0])
        tokens = [token for turn in turns for token in _members(turn, self.tokens[0])]
        extra = Extra(
            transcript,
            [_take_unknown(turn, self.turns[1]) for turn in turns],
            [_take_unknown(token, self.tokens[1]) for token in tokens],
        )
        return msgspec.convert(document, self.payload, strict=False), extra


def _checked(body: bytes, source: Source) -> bytes:
    body = body.removeprefix(_BYTE_ORDER_MARK)
    start = body[:64].lstrip()
    if not start:
        raise unusable(source, "the payload is empty")
    if start.startswith(b"<"):
        raise unusable(source, "HTML or XML in place of JSON, as a proxy or a login page sends it")
    if body.isascii():
        return body
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise unusable(source, f"not UTF-8 at byte {error.start}") from None
    return body


def _without_half_pairs(body: bytes) -> bytes:
    def repair(match: re.Match[bytes]) -> bytes:
        return rb"\ufffd" if len(match[0]) == _HALF_PAIR_LENGTH else match[0]

    return _ESCAPE.sub(repair, body)


def _members(document: Any, name: str) -> list[Any]:
    members = document.get(name) if isinstance(document, dict) else None
    return members if isinstance(members, list) else []


def _take_unknown(document: Any, struct: type[msgspec.Struct]) -> dict[str, Any]:
    if not isinstance(document, dict):
        return {}
    known = struct.__struct_encode_fields__
    return {name: document.pop(name) for name in [name for name in document if name not in known]}


def number(value: object) -> float | None:
    """A number sent as one or as text ("97.36"); None for anything else, NaN and infinity included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None


def label(value: str | int | float | None) -> str | None:
    """A name or id as text, whole numbers without decimals; None when null or blank."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value)
    return text if text.strip() else None
