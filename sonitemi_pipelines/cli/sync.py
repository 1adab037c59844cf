"""The commands that bring lake and warehouse up to date: `sonitemi sync` and its kin."""

from __future__ import annotations

import sys
from typing import Any

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.progress import Bars
from sonitemi_pipelines.cli.vendors import id_options
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS


@click.command()
@id_options
@click.option(
    "--translation",
    "translations",
    multiple=True,
    metavar="MEDIA_ID/LANGUAGE",
    help="Take in this translation, made elsewhere; may be given several times.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Transcripts of recordings created from this day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Transcripts of recordings created before this day.")
@click.option("--refetch", is_flag=True, help="Fetch transcripts again although the lake has them.")
@plain_errors
def sync(translations: tuple[str, ...], since: Any, until: Any, refetch: bool, **ids: tuple[str, ...]) -> None:
    """Fetch what is missing or changed, refresh the marts, publish the warehouse."""
    from sonitemi_pipelines.pipeline.run import run_sync
    from sonitemi_pipelines.sync.scope import Scope, translation_from

    told = frozenset(map(translation_from, translations))
    base = Scope(since=since, until=until, refetch=refetch, translations=told)
    scopes = dict.fromkeys(VENDORS, base)
    if any(ids.values()) or told:
        # A translation is one of a recording of whichever vendor makes translations.
        translated = {recording_id for recording_id, _ in told}
        for name, vendor in VENDORS.items():
            own = set(ids[f"{name}_ids"])
            scopes[name] = base.only(own | translated if vendor.translates else own)
    report = run_sync(Settings.from_env(), scopes, Bars())
    for provider in report.skipped:
        click.echo(f"{provider}: {VENDORS[provider].key_variable} is not set, skipped")
    for change in report.lists:
        click.echo(f"{change.table}: {change}")
    for ingestion in report.ingestions:
        click.echo(
            f"{ingestion.provider}: {len(ingestion.committed)} transcripts and {ingestion.tokens} words arrived, "
            f"{len(ingestion.failed)} failed"
        )
    if report.publication is not None:
        click.echo(f"warehouse: {report.publication.path}")
    for provider, error in report.errors.items():
        click.echo(f"sonitemi: {provider} was not synced: {error}", err=True)
    for problem in report.problems:
        click.echo(f"sonitemi: {problem}", err=True)
    for failure in report.failed:
        click.echo(
            f"sonitemi: {failure.provider} {failure.recording_id} ({failure.variant}) is missing: {failure.reason}",
            err=True,
        )
    sys.exit(0 if report.complete else 1)
