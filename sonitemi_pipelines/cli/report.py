"""The command `sonitemi report`: one conversation as a web page."""

from __future__ import annotations

from pathlib import Path

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.vendors import PROVIDER
from sonitemi_pipelines.errors import WarehouseError
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse


@click.command()
@PROVIDER
@click.argument("recording_id", metavar="ID")
@click.option("--variant", default="latest", show_default=True, help="latest, machine or translation-<language>.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write the page.  [default: PROVIDER-ID.html here]",
)
@plain_errors
def report(provider: str, recording_id: str, variant: str, output: Path | None) -> None:
    """Write one conversation as a web page: who spoke when, rate, interruptions, terms, the transcript."""
    from sonitemi_pipelines.report import load_conversation, render_page

    with open_warehouse(Settings.from_env().warehouse) as connection:
        page = render_page(load_conversation(connection, provider, recording_id, variant))
    path = output or Path(_file_name(provider, recording_id, variant))
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise WarehouseError(f"cannot write the report {path}: {error.strerror or error}; choose --output") from error
    click.echo(str(path))


def _file_name(provider: str, recording_id: str, variant: str) -> str:
    # An id is the vendor's word: nothing in it may lead to another folder.
    name = f"{provider}-{recording_id}" + ("" if variant == "latest" else f"-{variant}")
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name) + ".html"
