"""A group whose commands are imported when they are asked for: `sonitemi query` starts without the lake."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Commands by name, each where it is to be found: 'module:attribute'; `rest` is where a dict of all others is."""

    def __init__(self, *args: Any, places: Mapping[str, str], rest: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._places = places
        self._rest = rest

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self._places, *_found(self._rest)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self._places.get(cmd_name)
        command: click.Command | None = _found(place) if place is not None else _found(self._rest).get(cmd_name)
        return command


def _found(place: str) -> Any:
    module, attribute = place.split(":")
    return getattr(import_module(f"sonitemi_pipelines.cli.{module}"), attribute)
