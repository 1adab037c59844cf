"""Answers of a vendor as frozen typed records that drop nothing and forgive what vendors do to types."""

from __future__ import annotations

import datetime
import functools
import json
import os
import types
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Self, Union, get_args, get_origin

import msgspec

_Convert = Callable[[Any], Any]
_ODD = (ValueError, TypeError, ArithmeticError, OSError, KeyError, RecursionError)
"""What values that are not as documented end in."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the typed results.

    A member that is missing or null is None (or the field's default). Numbers sent as text, and text sent as
    numbers, are taken as what the document says. A member that is not documented, or that cannot be taken as
    documented, is kept in `extra` as it came; of a list, its odd members alone. Moments are `datetime` in UTC without
    a zone, like everywhere in this package; durations are what the vendor documents (seconds).
    """

    aliases: ClassVar[Mapping[str, str]] = {}
    """Other names the vendor uses on the wire -> field."""

    extra: dict[str, Any] = {}

    @classmethod
    def from_answer(cls, answer: Any) -> Self:
        """The record in a decoded JSON answer.

        Raises:
            ValueError: it is not an object, or lacks a field that has no default, such as the id.
        """
        if not isinstance(answer, Mapping):
            raise ValueError(f"{cls.__name__} is not an object")
        converters, required = _plan(cls)
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in answer.items():
            field = name if name in converters else cls.aliases.get(name)
            if field is None or (field != name and answer.get(field) is not None):
                extra[name] = value
            elif type(value) is str and converters[field] is _text:
                values[field] = value
            elif value is not None:
                try:
                    values[field] = converters[field](value)
                except _Partly as partly:
                    values[field], extra[name] = partly.found, partly.odd
                except _ODD:
                    extra[name] = value
        for field in required:
            if field not in values:
                raise ValueError(f"{cls.__name__} without {field!r}")
        return cls(**values, extra=extra)

    def to_dict(self) -> dict[str, Any]:
        """Every field with its value, None included, records within as dicts; `extra` as a member of that name."""
        return {field.name: _as_dict(getattr(self, field.name)) for field in msgspec.structs.fields(type(self))}

    def as_answer(self) -> dict[str, Any]:
        """The record as the vendor would send it: fields that are set, under their own names, and `extra`."""
        found = {name: _plain(getattr(self, name)) for name in _plan(type(self))[0]}
        known = {name: value for name, value in found.items() if value is not None}
        odd = {name: value for name, value in self.extra.items() if isinstance(known.get(name), list)}
        return known | self.extra | {name: [*known[name], *value] for name, value in odd.items()}


class NamedRecord(Record, frozen=True, kw_only=True):
    """A record that is asked for by its id."""

    id: str


@functools.cache
def _plan(cls: type[Record]) -> tuple[dict[str, _Convert], tuple[str, ...]]:
    fields = [field for field in msgspec.structs.fields(cls) if field.name not in ("extra", "unreadable")]
    converters = {field.name: _converter(field.type) for field in fields}
    return converters, tuple(field.name for field in fields if field.required)


def _converter(wanted: Any) -> _Convert:
    if get_origin(wanted) in (Union, types.UnionType):
        wanted = next(part for part in get_args(wanted) if part is not type(None))
    if get_origin(wanted) is list:
        member = _converter(get_args(wanted)[0])
        return lambda value: _members(member, value)
    if get_origin(wanted) is dict:
        return _mapping
    if issubclass(wanted, Record):
        convert: _Convert = wanted.from_answer
        return convert
    return _SCALARS[wanted]


def _members(member: _Convert, value: Any) -> list[Any]:
    """The members that can be read. Where some cannot, `_Partly` tells of them beside the others."""
    found, odd = [], []
    for item in _checked(value, list):
        try:
            found.append(member(item))
        except _ODD:
            odd.append(item)
    if odd:
        raise _Partly(found, odd)
    return found


class _Partly(ValueError):
    def __init__(self, found: list[Any], odd: list[Any]) -> None:
        super().__init__("some members cannot be read")
        self.found = found
        self.odd = odd


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"not a {kind.__name__}")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    return dict(_checked(json.loads(value) if isinstance(value, str) else value, dict))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not text")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: Any) -> float:
    number = float(_unless_bool(value))
    if number - number != 0:
        raise ValueError("not finite")
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError("not whole")
    return int(value) if isinstance(value, int) else int(number)


def _truth(value: Any) -> bool:
    known = {"true": True, "false": False, "1": True, "0": False}
    return known[str(value).lower()] if str(value).lower() in known else _checked(value, bool)


def _amount(value: Any) -> Decimal:
    amount = Decimal(str(_unless_bool(value)))
    if not amount.is_finite():
        raise ValueError("not finite")
    return amount


def _moment(value: Any) -> datetime.datetime:
    try:
        seconds = _number(value)
    except ValueError:
        moment = datetime.datetime.fromisoformat(value)
        return moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


def _unless_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise TypeError("not a number")
    return value


_SCALARS: dict[Any, _Convert] = {
    str: _text,
    float: _number,
    int: _whole,
    bool: _truth,
    Decimal: _amount,
    datetime.datetime: _moment,
    Any: lambda value: value,
}


def jsonable(value: Any) -> Any:
    """What a method of a client returns as JSON has it: records as objects, moments in ISO 8601, amounts as numbers, a
    listing as a list; text and bytes stay.
    """
    if isinstance(value, Record):
        return jsonable(value.to_dict())
    if isinstance(value, Mapping):
        return {str(key): jsonable(each) for key, each in value.items()}
    if isinstance(value, list | tuple | Iterator):
        return [jsonable(each) for each in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, os.PathLike) else value


def _as_dict(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    return [_as_dict(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.as_answer()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
