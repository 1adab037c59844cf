"""Arguments and options of a command from the parameters of a client's method."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sonitemi_pipelines.api.signatures import Kind, Parameter


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


def as_click(parameter: Parameter) -> click.Parameter:
    """What must be given without a name is an argument, everything else an option."""
    kind = _TYPES[parameter.kind](parameter)
    if parameter.is_subject:
        return click.Argument([parameter.name], type=kind)
    flag = f"--{parameter.name.replace('_', '-')}"
    told = parameter.meaning[:1].upper() + parameter.meaning[1:]
    if kind is click.BOOL:
        return click.Option([f"{flag}/--no-{flag[2:]}", parameter.name], default=parameter.default, help=told)
    several = parameter.kind == "texts"
    if several:
        told = f"{told.rstrip('.')}; may be given several times."
    return click.Option(
        [flag, parameter.name],
        type=kind,
        multiple=several,
        required=parameter.required,
        default=parameter.default,
        show_default=parameter.default is not None,
        help=told,
    )


def given(parameters: list[Parameter], values: dict[str, Any]) -> dict[str, Any]:
    """The keywords to call a method with: those that a user gave."""
    names = {parameter.name for parameter in parameters}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None and value != () and name in names
    }


_TYPES: dict[Kind, Callable[[Parameter], click.ParamType[Any]]] = {
    "bool": lambda parameter: click.BOOL,
    "int": lambda parameter: click.INT,
    "float": lambda parameter: click.FLOAT,
    "text": lambda parameter: click.STRING,
    "texts": lambda parameter: click.STRING,
    "choice": lambda parameter: click.Choice(parameter.choices),
    "file": lambda parameter: click.Path(dir_okay=False, path_type=Path),
    "json": lambda parameter: JsonText(),
}
