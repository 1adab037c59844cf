"""Rows of a list by the bytes they came as: what came in the same bytes before need not be read again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from sonitemi_pipelines.api.bodies import json_of

T = TypeVar("T")

DIGEST_SIZE = 16
"""Bytes of the digest of a row."""
# Built here: a decoder that two threads use for the first time at once ends the process.
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class Row(msgspec.Struct, Generic[T], frozen=True):
    """A row of a list that can be taken.

    Attributes:
        record: what was read of it; None where its bytes were known.
        digest: of its bytes; None where they do not stand for it alone.
    """

    id: str
    record: T | None
    digest: bytes | None = None


class Known(Protocol):
    """Rows that were read before."""

    def ids(self, digests: Sequence[bytes]) -> list[str] | None:
        """The ids of rows with these digests; None unless every one is known."""


class Sent:
    """The answer to a call for a list, split into its rows without reading them.

    Attributes:
        digests: of the bytes of each row.
    """

    def __init__(self, rows: Sequence[msgspec.Raw], rest: Mapping[str, msgspec.Raw]) -> None:
        self.digests = [hashlib.sha256(row).digest()[:DIGEST_SIZE] for row in rows]
        self._rows = rows
        self._rest = rest

    @classmethod
    def of(cls, content: bytes, member: str | None) -> Sent | None:
        """Args:
            member: the list stands in this member of the answer; None where it is the answer.

        Returns None for what is not JSON as the standard has it: whoever reads it all may yet make sense of it.
        """
        try:
            rest = _OBJECT.decode(content) if member is not None else {}
            rows = _LIST.decode(content if member is None else rest.pop(member))
        except (msgspec.MsgspecError, KeyError, UnicodeError, RecursionError):
            return None
        return cls(rows, rest) if rows else None

    def rest(self) -> dict[str, Any]:
        """The other members of the answer.

        Raises:
            ValueError: they are not JSON.
        """
        found: dict[str, Any] = json_of(msgspec.json.encode(self._rest))
        return found

    def stand_for(self, rows: Sequence[Any]) -> bool:
        """Whether these rows, read as part of the answer, are what their bytes say alone."""
        try:
            return len(rows) == len(self._rows) and json_of(b"[%b]" % b",".join(map(bytes, self._rows))) == rows
        except ValueError:
            return False
