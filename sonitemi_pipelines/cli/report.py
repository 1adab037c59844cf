"""The command `sonitemi report`: one conversation as a web page."""

from __future__ import annotations

from pathlib import Path

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.errors import SettingsError, WarehouseError
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.warehouse import open_warehouse


@click.command()
@click.argument("provider", type=click.Choice(list(VENDORS)), required=False)
@click.argument("recording_id", metavar="ID", required=False)
@click.option(
    "--all",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write the whole corpus as a static site to this folder: overview, trends, list, search, conversations.",
)
@click.option("--variant", default="latest", show_default=True, help="latest, machine or translation-<language>.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Output file.  [default: PROVIDER-ID.html here]",
)
@plain_errors
def report(
    provider: str | None, recording_id: str | None, folder: Path | None, variant: str, output: Path | None
) -> None:
    """Write a conversation as a web page: who spoke when, speech rate, interruptions, terms, transcript.

    With --all, write the whole corpus as a site that needs no server. A later run rewrites only what changed.
    """
    if folder is not None:
        if provider or recording_id or output or variant != "latest":
            raise SettingsError(
                "--all writes every conversation, its latest text; leave PROVIDER, ID, --variant and --output out"
            )
        _write_all(folder)
        return
    if provider is None or recording_id is None:
        raise SettingsError("give PROVIDER and ID of a recording, or --all FOLDER for every conversation")
    from sonitemi_pipelines.report import load_conversation, render_page

    with open_warehouse(Settings.from_env().warehouse) as connection:
        page = render_page(load_conversation(connection, provider, recording_id, variant))
    path = output or Path(_file_name(provider, recording_id, variant))
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise WarehouseError(f"cannot write the report {path}: {error.strerror or error}; choose --output") from error
    click.echo(str(path))


def _write_all(folder: Path) -> None:
    from sonitemi_pipelines.report.site import write_site

    with open_warehouse(Settings.from_env().warehouse) as connection:
        done = write_site(connection, folder)
    click.echo(f"{done.path / 'index.html'}: {done}")


def _file_name(provider: str, recording_id: str, variant: str) -> str:
    # An id is the vendor's word: nothing in it may lead to another folder.
    name = f"{provider}-{recording_id}" + ("" if variant == "latest" else f"-{variant}")
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name) + ".html"
