"""Arguments and options of a command from the signature of a client's method."""

from __future__ import annotations

import collections.abc
import inspect
import json
import os
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import click

from sonitemi_pipelines.api.described import Method


class JsonText(click.ParamType[Any]):
    """JSON, or `@FILE` that holds it."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value)
        except OSError as error:
            self.fail(f"{value[1:]}: {error.strerror or error}", param, ctx)
        except ValueError as error:
            self.fail(f"not JSON: {error}; give JSON, or @FILE that holds it", param, ctx)


def parameters_of(method: Method) -> list[click.Parameter]:
    """What must be given without a name is an argument, everything else an option."""
    hints = get_type_hints(method.function)
    meanings = method.doc.arguments
    return [
        _parameter(parameter, hints[name], meanings.get(name, ""))
        for name, parameter in inspect.signature(method.function).parameters.items()
        if name != "self"
    ]


def given(method: Method, values: dict[str, Any]) -> dict[str, Any]:
    """The keywords to call a method with: those that a user gave."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None and value != () and name in inspect.signature(method.function).parameters
    }


def _parameter(parameter: inspect.Parameter, hint: Any, meaning: str) -> click.Parameter:
    required = parameter.default is inspect.Parameter.empty
    if required and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
        return click.Argument([parameter.name], type=_type(hint)[0])
    kind, multiple = _type(hint)
    flag = f"--{parameter.name.replace('_', '-')}"
    default = None if required or parameter.default is None else parameter.default
    told = meaning[:1].upper() + meaning[1:]
    if kind is click.BOOL:
        return click.Option([f"{flag}/--no-{flag[2:]}", parameter.name], default=default, help=told)
    if multiple:
        told = f"{told.rstrip('.')}; may be given several times."
    return click.Option(
        [flag, parameter.name],
        type=kind,
        multiple=multiple,
        required=required,
        default=default,
        show_default=default is not None,
        help=told,
    )


def _type(hint: Any) -> tuple[click.ParamType[Any], bool]:
    """The type of an option, and whether it is given once for each of several values."""
    kinds = list(_kinds(hint))
    if bool in kinds:
        return click.BOOL, False
    for of, found in _SIMPLE:
        if kinds == [of]:
            return found, False
    if len(kinds) == 1 and get_origin(kinds[0]) is Literal:
        return click.Choice(list(get_args(kinds[0]))), False
    if any(_is_path(kind) for kind in kinds):
        return click.Path(dir_okay=False, path_type=Path), False
    for kind in kinds:
        if get_origin(kind) is collections.abc.Sequence:
            return (click.STRING, True) if get_args(kind) == (str,) else (JsonText(), False)
        if get_origin(kind) is collections.abc.Mapping:
            return JsonText(), False
    return click.STRING, False


_SIMPLE: tuple[tuple[type, click.ParamType[Any]], ...] = (
    (int, click.INT),
    (float, click.FLOAT),
    (str, click.STRING),
)


def _kinds(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, types.UnionType):
        for part in get_args(hint):
            yield from _kinds(part)
    elif hint is not type(None):
        yield hint


def _is_path(kind: Any) -> bool:
    return kind in (os.PathLike, Path) or get_origin(kind) is os.PathLike
