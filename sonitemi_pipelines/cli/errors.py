"""How commands end when something goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from sonitemi_pipelines.cli.stopping import HOW_TO_GO_ON, Stopped, stoppable
from sonitemi_pipelines.environment import as_text, is_text
from sonitemi_pipelines.errors import SettingsError, SonitemiError


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Errors of ours as one line on stderr; no traceback for what a user did wrong.

    The exit code is 2 for a wrong option or variable, as it is for what `click` refuses, and 1 for everything else.
    SIGINT and SIGTERM end the command with 130 and 143, and a line that says how to go on.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            _check_text(kwargs)
            with stoppable():
                return command(*args, **kwargs)
        except SonitemiError as error:
            click.echo(f"sonitemi: {error}", err=True)
            sys.exit(2 if isinstance(error, SettingsError) else 1)
        except KeyboardInterrupt as stopped:
            click.echo(HOW_TO_GO_ON, err=True)
            sys.exit(stopped.exit_code if isinstance(stopped, Stopped) else 130)

    return run


def _check_text(values: Mapping[str, Any]) -> None:
    """Lake, warehouse and vendors take UTF-8 alone."""
    for name, value in values.items():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str | Path) and not is_text(each):
                what, given = name.replace("_", " "), as_text(each)
                raise SettingsError(f"{what} {given} is not text in UTF-8; rename or write it so")
