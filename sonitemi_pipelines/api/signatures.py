"""What a client's method takes, read off its signature and docstring: the faces of the package make their options of
it.
"""

from __future__ import annotations

import collections.abc
import inspect
import os
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from sonitemi_pipelines.api.described import Method

Kind = Literal["bool", "int", "float", "text", "choice", "file", "texts", "json"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method.

    Attributes:
        kind: 'texts' is a list of texts; 'json' any other list, or an object.
        required: it must be given.
        is_subject: it is given without a name: what the method is about, such as an id.
        default: what holds when it is left out; None where the vendor decides.
        meaning: one sentence, without a capital; empty where the name says it.
        choices: of kind 'choice'.
    """

    name: str
    kind: Kind
    required: bool
    is_subject: bool
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()


def parameters_of(method: Method) -> list[Parameter]:
    """The parameters of a method, in their order."""
    hints = get_type_hints(method.function)
    meanings = method.doc.arguments
    return [
        _parameter(parameter, hints[name], meanings.get(name, ""))
        for name, parameter in inspect.signature(method.function).parameters.items()
        if name != "self"
    ]


def _parameter(parameter: inspect.Parameter, hint: Any, meaning: str) -> Parameter:
    required = parameter.default is inspect.Parameter.empty
    kinds = list(_kinds(hint))
    return Parameter(
        name=parameter.name,
        kind=_kind(kinds),
        required=required,
        is_subject=required and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None if required else parameter.default,
        meaning=meaning,
        choices=tuple(get_args(kinds[0])) if _is_choice(kinds) else (),
    )


def _kind(kinds: list[Any]) -> Kind:
    if bool in kinds:
        return "bool"
    for of, found in _SIMPLE:
        if kinds == [of]:
            return found
    if _is_choice(kinds):
        return "choice"
    if any(_is_path(kind) for kind in kinds):
        return "file"
    for kind in kinds:
        if get_origin(kind) is collections.abc.Sequence:
            return "texts" if get_args(kind) == (str,) else "json"
        if get_origin(kind) is collections.abc.Mapping:
            return "json"
    return "text"


_SIMPLE: tuple[tuple[type, Kind], ...] = ((int, "int"), (float, "float"), (str, "text"))


def _kinds(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, types.UnionType):
        for part in get_args(hint):
            yield from _kinds(part)
    elif hint is not type(None):
        yield hint


def _is_choice(kinds: list[Any]) -> bool:
    return len(kinds) == 1 and get_origin(kinds[0]) is Literal


def _is_path(kind: Any) -> bool:
    return kind in (os.PathLike, Path) or get_origin(kind) is os.PathLike
