"""What the commands ask of the vendors: their names, an option for the ids of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sonitemi_pipelines.vendors import VENDORS

PROVIDER = click.argument("provider", type=click.Choice(list(VENDORS)))


def id_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--<vendor>-id` for each vendor; the command gets `<vendor>_ids`."""
    for vendor in reversed(VENDORS.values()):
        command = click.option(
            f"--{vendor.name}-id",
            f"{vendor.name}_ids",
            multiple=True,
            help=f"Only this {vendor.label} {vendor.recording}; may be given several times.",
        )(command)
    return command
