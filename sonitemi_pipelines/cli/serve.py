"""The commands that serve until they are stopped: `sonitemi sandbox` and `sonitemi webhooks`."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from sonitemi_pipelines.cli.errors import plain_errors

_PORT = click.IntRange(0, 65535)


@click.command()
@click.option("--port", type=_PORT, default=0, show_default="a free one", help="Port on 127.0.0.1.")
@click.option(
    "--real", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Serve payloads of a folder."
)
@click.option("--seed", default=1, show_default=True, help="Same seed, same account.")
@click.option("--sonix", type=click.IntRange(0), default=40, show_default=True, help="Sonix media in the account.")
@click.option("--temi", type=click.IntRange(0), default=30, show_default=True, help="Temi jobs in the account.")
@click.option(
    "--latency-ms", type=click.IntRange(0), default=0, show_default=True, help="Wait so long before each answer."
)
@click.option("--live", type=float, metavar="SECONDS", help="Let something happen by itself about so often.")
@plain_errors
def sandbox(
    port: int, real: Path | None, seed: int, sonix: int, temi: int, latency_ms: int, live: float | None
) -> None:
    """Serve both vendors on this machine, with made-up recordings and no cost. Prints the environment to use it."""
    from sonitemi_pipelines.sandbox import Sandbox, serve_forever

    serve_forever(Sandbox(seed=seed, sonix=sonix, temi=temi, real=real, latency_ms=latency_ms), port=port, live_s=live)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=8787, show_default=True, help="Port to listen on.")
@plain_errors
def webhooks(host: str, port: int) -> None:
    """Receive the vendors' callbacks, so that a completion is noticed in seconds."""
    from sonitemi_pipelines.vendors import hooks
    from sonitemi_pipelines.webhooks import WebhookConfig, serve

    logging.getLogger().setLevel(logging.INFO)
    serve(WebhookConfig.from_env(), hooks(), host=host, port=port)
