"""The command `sonitemi`."""

from __future__ import annotations

import logging
import sys

import click

from sonitemi_pipelines import __version__
from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.lazy import LazyGroup
from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.settings.env_file import load_env_file

_PLACES = {
    "balance": "sync:balance",
    "doctor": "keep:doctor",
    "export": "export:export",
    "forget": "keep:forget",
    "maintain": "lakework:maintain",
    "query": "query:query",
    "rebuild": "lakework:rebuild",
    "reconcile": "sync:reconcile",
    "report": "report:report",
    "sandbox": "serve:sandbox",
    "submit": "paid:submit",
    "sync": "sync:sync",
    "webhooks": "serve:webhooks",
}
_REST = "vendor_commands:COMMANDS"


@click.group(cls=LazyGroup, places=_PLACES, rest=_REST, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("-v", "--verbose", count=True, help="Log every step. Twice: also log API calls and tracebacks.")
@click.option(
    "--env-file",
    envvar="SONITEMI_ENV_FILE",
    metavar="FILE",
    help="Read settings from a file of NAME=value lines, such as .env. Variables that are already set take precedence.",
)
@plain_errors
def main(verbose: int, env_file: str | None) -> None:
    """Load Sonix and Temi transcripts into your own data lake and DuckDB warehouse.

    \b
    Exit codes: 0 nothing is missing, 1 something is missing or failed, 2 an option or setting is invalid,
    130 and 143 stopped by Ctrl-C or SIGTERM.
    """
    if env_file:
        load_env_file(env_file, environment())
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="%(levelname)s %(message)s", stream=sys.stderr)


if __name__ == "__main__":
    main()
