"""The commands that serve until they are stopped: `sonitemi sandbox` and `sonitemi webhooks`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.sandbox import SIZES, Sandbox, serve_forever
from sonitemi_pipelines.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_PORT = click.IntRange(0, 65535)


def _account_options(command: Command) -> Command:
    """`--<vendor>` for each account of the sandbox: how many recordings are in it."""
    for name, size in reversed(SIZES.items()):
        said = f"Recordings in the {name.capitalize()} account."
        command = click.option(f"--{name}", type=click.IntRange(0), default=size, show_default=True, help=said)(command)
    return command


@click.command()
@click.option("--port", type=_PORT, default=0, show_default="a free one", help="Port on 127.0.0.1.")
@click.option(
    "--real", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Serve the payloads in this folder."
)
@click.option("--seed", default=1, show_default=True, help="Random seed; the same seed gives the same account.")
@_account_options
@click.option("--latency-ms", type=click.IntRange(0), default=0, show_default=True, help="Delay of each response.")
@click.option(
    "--live",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Add, complete, edit or delete a recording about this often.",
)
@plain_errors
def sandbox(port: int, real: Path | None, seed: int, latency_ms: int, live: float | None, **sizes: Any) -> None:
    """Serve a sandbox of both vendor APIs on this machine, and print the variables to use it."""
    serve_forever(Sandbox(seed=seed, real=real, latency_ms=latency_ms, **sizes), port=port, live_s=live)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=8787, show_default=True, help="Port to listen on.")
@plain_errors
def webhooks(host: str, port: int) -> None:
    """Run the webhook receiver, so that completions are detected within seconds."""
    from sonitemi_pipelines.vendors import hooks
    from sonitemi_pipelines.webhooks import serve

    logging.getLogger().setLevel(logging.INFO)
    serve(Settings.from_env().webhooks, hooks(), host=host, port=port)
