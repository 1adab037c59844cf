"""The commands that look after the lake: `sonitemi doctor` and `sonitemi forget`."""

from __future__ import annotations

import sys

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.vendors import PROVIDER
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import Settings


@click.command()
@plain_errors
def doctor() -> None:
    """Check API keys, connections, lake and warehouse, and say how to fix problems."""
    from sonitemi_pipelines.pipeline.doctor import examine

    try:
        settings = Settings.from_env()
    except SettingsError as error:
        click.echo(f"FAIL settings: {error}")
        sys.exit(1)
    healthy = True
    for finding in examine(settings):
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'} {finding.subject}: {finding.text}")
        healthy = healthy and finding.ok
    sys.exit(0 if healthy else 1)


@click.command()
@PROVIDER
@click.argument("recording_id")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation. (Only a terminal is asked.)")
@plain_errors
def forget(provider: str, recording_id: str, yes: bool) -> None:
    """Erase a recording from lake, marts, warehouse and inbox, so that no sync brings it back."""
    from sonitemi_pipelines.pipeline.forget import forget as erase

    if sys.stdin.isatty() and not yes:
        click.confirm(
            f"Erase {provider} {recording_id}, all its revisions, from lake, marts, warehouse and inbox?", abort=True
        )
    deleted = erase(Settings.from_env(), provider, recording_id)
    for table, rows in deleted.items():
        click.echo(f"{table}: {rows} rows erased")
    click.echo(f"{provider} {recording_id} is forgotten here; delete it at the vendor too if it must go there")
