"""How commands end when something goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from sonitemi_pipelines.errors import SonitemiError


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Errors of ours as one line on stderr and exit code 1; no traceback for what a user did wrong."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except SonitemiError as error:
            click.echo(f"sonitemi: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("sonitemi: stopped; what arrived is kept, run again to go on", err=True)
            sys.exit(130)

    return run
