"""The footer of a Parquet file, taken apart as far as it takes to move row groups into another file as they are.

A footer is one structure in Thrift's compact protocol. Of each row group it says at which byte of the file its columns
begin, and its own number; where it is moved, those alone change. The rest is handed on byte by byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAGIC = b"PAR1"
_TRUE, _FALSE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 7, 8, 9, 10, 11, 12
_NUMBERS = (4, 5, 6)
"""Thrift's types of a field."""
_SCHEMA, _ROWS, _GROUPS, _ENCRYPTION, _SIGNING_KEY = 2, 3, 4, 8, 9
"""Fields of a footer."""

Pieces = list[bytes | int | None]
"""A structure's bytes; between them, as numbers, the places in the file, and None where its own number stands."""


class ImmovableError(ValueError):
    """A file's row groups cannot be moved as they are: it is encrypted, or has indexes beside its columns."""


@dataclass(frozen=True)
class RowGroup:
    """One row group: `size` bytes of the file from `start` on, and what the footer says of it."""

    start: int
    size: int
    pieces: Pieces

    def moved(self, start: int, number: int) -> bytes:
        """What the footer says of it where it begins at byte `start`, after `number` others."""
        by = start - self.start
        return b"".join(
            piece if isinstance(piece, bytes) else _number(number if piece is None else piece + by)
            for piece in self.pieces
        )


@dataclass(frozen=True)
class Footer:
    """A footer: its fields' types and bytes by number, and its row groups in their order."""

    fields: Mapping[int, tuple[int, bytes]]
    groups: Sequence[RowGroup]

    @property
    def schema(self) -> bytes:
        """Names and types of all columns: row groups of equal ones may stand in one file."""
        return self.fields[_SCHEMA][1]

    def of(self, rows: int, groups: Sequence[bytes]) -> bytes:
        """The end of a file with these row groups, of `rows` rows, in place of its own."""
        short = len(groups) < 15
        count = bytes([len(groups) << 4 | _STRUCT]) if short else bytes([0xF0 | _STRUCT]) + _varint(len(groups))
        fields = {**self.fields, _ROWS: (6, _number(rows)), _GROUPS: (_LIST, b"".join((count, *groups)))}
        parts, last = [], 0
        for number, (kind, value) in sorted(fields.items()):
            parts += [bytes([number - last << 4 | kind]), value]
            last = number
        whole = b"".join((*parts, b"\0"))
        return whole + len(whole).to_bytes(4, "little") + MAGIC


TAIL = 8
"""So many bytes follow a footer: its length, and MAGIC."""


def length_of(tail: bytes) -> int:
    """How many bytes before the last TAIL ones of a file, which `tail` is, its footer begins."""
    return int.from_bytes(tail[:4], "little")


def take_apart(data: bytes) -> Footer:
    """A footer's parts.

    Args:
        data: its bytes, with or without the TAIL that follows them.

    Raises:
        ImmovableError: it says something that would not be true of row groups that were moved.
    """
    try:
        return _taken_apart(data)
    except IndexError:
        raise ImmovableError("its footer ends too early") from None


def _taken_apart(data: bytes) -> Footer:
    fields: dict[int, tuple[int, bytes]] = {}
    groups: list[RowGroup] = []
    at = number = 0
    while data[at]:
        number, kind, at = _field(data, at, number)
        start = at
        if number == _GROUPS:
            count, at = _count(data, at)
            for _ in range(count):
                group, at = _group(data, at)
                groups.append(group)
        elif number in (_ENCRYPTION, _SIGNING_KEY):
            raise ImmovableError("it is encrypted")
        else:
            at = _after(data, at, kind)
            fields[number] = (kind, data[start:at])
    return Footer(fields, groups)


def _group(data: bytes, at: int) -> tuple[RowGroup, int]:
    pieces: Pieces = []
    ends: list[tuple[int, int]] = []
    copied, number = at, 0
    while data[at]:
        number, kind, at = _field(data, at, number)
        if number == 1:
            count, at = _count(data, at)
            for _ in range(count):
                copied, at = _column(data, at, copied, pieces, ends)
        elif number == 5:
            copied, at = _place(data, at, copied, pieces)
        elif number == 7:
            pieces += [data[copied:at], None]
            copied = at = _after(data, at, kind)
        else:
            at = _after(data, at, kind)
    pieces.append(data[copied : at + 1])
    start = min(first for first, _ in ends)
    return RowGroup(start, max(end for _, end in ends) - start, pieces), at + 1


def _column(data: bytes, at: int, copied: int, pieces: Pieces, ends: list[tuple[int, int]]) -> tuple[int, int]:
    number = 0
    while data[at]:
        number, _, at = _field(data, at, number)
        if number == 2:
            copied, at = _place(data, at, copied, pieces)
        elif number == 3:
            copied, at = _chunk(data, at, copied, pieces, ends)
        else:
            raise ImmovableError("a column of it is elsewhere, encrypted, or has an index")
    return copied, at + 1


def _chunk(data: bytes, at: int, copied: int, pieces: Pieces, ends: list[tuple[int, int]]) -> tuple[int, int]:
    number = size = 0
    places: list[int] = []
    while data[at]:
        number, kind, at = _field(data, at, number)
        if number in (9, 10, 11):
            copied, at = _place(data, at, copied, pieces)
            if isinstance(place := pieces[-1], int):
                places.append(place)
        elif number == 7:
            size, at = _read(data, at)
            size >>= 1
        elif number in (14, 15):
            raise ImmovableError("a column of it has a bloom filter")
        else:
            at = _after(data, at, kind)
    ends.append((min(places), min(places) + size))
    return copied, at + 1


def _place(data: bytes, at: int, copied: int, pieces: Pieces) -> tuple[int, int]:
    """Note a place in the file, and what stands before it; 0 is none."""
    value, end = _read(data, at)
    if value:
        pieces += [data[copied:at], value >> 1]
        copied = end
    else:
        pieces.append(data[copied : (copied := end)])
    return copied, end


def _field(data: bytes, at: int, last: int) -> tuple[int, int, int]:
    """Number and type of the field that begins here, and where its value does."""
    head = data[at]
    if head > 15:
        return last + (head >> 4), head & 15, at + 1
    number, at = _read(data, at + 1)
    return number >> 1, head, at


def _count(data: bytes, at: int) -> tuple[int, int]:
    count = data[at] >> 4
    return (count, at + 1) if count < 15 else _read(data, at + 1)


def _after(data: bytes, at: int, kind: int) -> int:
    """Where a value of this type that begins here ends."""
    if kind in _NUMBERS:
        while data[at] > 127:
            at += 1
        return at + 1
    if kind == _BINARY:
        length, at = _read(data, at)
        return at + length
    if kind == _STRUCT:
        while head := data[at]:
            at = at + 1 if head > 15 else _read(data, at + 1)[1]
            at = _after(data, at, head & 15)
        return at + 1
    if kind in (_LIST, _SET):
        inner = data[at] & 15
        count, at = _count(data, at)
        for _ in range(count):
            at = at + 1 if inner in (_TRUE, _FALSE) else _after(data, at, inner)
        return at
    if kind in (_TRUE, _FALSE):
        return at
    if kind == _DOUBLE:
        return at + 8
    if kind == 3:
        return at + 1
    raise ImmovableError("its footer holds what Parquet's footers do not")


def _read(data: bytes, at: int) -> tuple[int, int]:
    """A number, seven bits a byte, and where it ends."""
    value = data[at]
    if value < 128:
        return value, at + 1
    value, shift = value & 127, 7
    while True:
        at += 1
        byte = data[at]
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at + 1
        shift += 7


def _number(value: int) -> bytes:
    return _varint(value << 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
