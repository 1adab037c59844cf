"""The commands that work on the lake alone: `sonitemi maintain` and `sonitemi rebuild`. Neither calls a vendor."""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.progress import Bars
from sonitemi_pipelines.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plain_errors
def maintain(as_json: bool) -> None:
    """Compact the lake's files, publish the warehouse and delete unused files."""
    from sonitemi_pipelines.pipeline.maintain import maintain as maintain_lake

    done = maintain_lake(Settings.from_env())
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(table) for table in done], default=str))
        return
    for table in done:
        if table.files_before != table.files_after or table.vacuumed:
            click.echo(f"{table.table}: {table.files_before} files, now {table.files_after}; {table.vacuumed} deleted")
    click.echo(f"{sum(table.files_before - table.files_after for table in done)} files fewer in use")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plain_errors
def rebuild(as_json: bool) -> None:
    """Rebuild words, turns, marts and the warehouse from the payloads in the lake, without a vendor call."""
    from sonitemi_pipelines.pipeline.rebuild import rebuild as rebuild_lake

    done = rebuild_lake(Settings.from_env(), Bars())
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(done), default=str))
    else:
        for problem in done.problems:
            click.echo(f"sonitemi: {problem}", err=True)
        click.echo(f"{done.transcripts} transcripts read again")
    sys.exit(1 if done.problems else 0)
