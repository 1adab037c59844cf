"""The command `sonitemi`."""

from __future__ import annotations

import csv as csvlib
import logging
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import click
import duckdb
from tqdm import tqdm

from sonitemi_pipelines import __version__
from sonitemi_pipelines.cli import export as cli_export
from sonitemi_pipelines.cli import paid as cli_requests
from sonitemi_pipelines.cli import report as cli_report
from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.vendors import PROVIDER, id_options
from sonitemi_pipelines.errors import SettingsError, WarehouseError
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.warehouse import open_warehouse

_PORT = click.IntRange(0, 65535)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("-v", "--verbose", is_flag=True, help="Log what is done, step by step.")
def main(verbose: bool) -> None:
    """Sonix and Temi transcripts, word by word, in your own lake and warehouse."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr
    )


class _Bars:
    """Progress bars in a terminal, one for each thing that is going on."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Any]] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        bar = self._bars.get(what)
        if bar is None:
            bar = self._bars[what] = tqdm(total=total, desc=what, file=sys.stderr, disable=not sys.stderr.isatty())
        bar.update(done - bar.n)
        if done >= total:
            bar.close()


@main.command()
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
    report = run_sync(Settings.from_env(), scopes, _Bars())
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


# SQL may begin with a comment, whose dashes are no option.
@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("sql", required=False)
@click.option("--file", type=click.File(encoding="utf-8"), help="Read the SQL from a file; - for standard input.")
@click.option("--csv", is_flag=True, help="Print comma-separated values instead of a table.")
@plain_errors
def query(sql: str | None, file: TextIO | None, csv: bool) -> None:
    """Run SQL on the warehouse and print the answer."""
    text = sql if file is None else file.read()
    if text is None or (sql is not None and file is not None):
        raise SettingsError("give either SQL or --file PATH, such as --file sql/examples/talk_share.sql")
    with open_warehouse(Settings.from_env().warehouse) as connection:
        try:
            if csv:
                _print_csv(connection.execute(text))
            elif (answer := connection.sql(text)) is not None:
                answer.show(max_width=_terminal_width(), max_rows=200)
        except duckdb.Error as error:
            raise WarehouseError(f"the warehouse cannot answer: {str(error).strip()}") from error


def _print_csv(answer: duckdb.DuckDBPyConnection) -> None:
    # Not by way of pandas, which makes doubles of decimals.
    writer = csvlib.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column[0] for column in answer.description or ()])
    while rows := answer.fetchmany(10_000):
        writer.writerows(rows)


def _terminal_width() -> int:
    return os.get_terminal_size().columns if sys.stdout.isatty() else 160


@main.command()
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


@main.command()
@plain_errors
def doctor() -> None:
    """Check keys, reachability, lake and warehouse; say what to do about what is wrong."""
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


for command in (*cli_requests.COMMANDS, cli_export.export, cli_report.report):
    main.add_command(command)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=8787, show_default=True, help="Port to listen on.")
@plain_errors
def webhooks(host: str, port: int) -> None:
    """Receive the vendors' callbacks, so that a completion is noticed in seconds."""
    from sonitemi_pipelines.vendors import hooks
    from sonitemi_pipelines.webhooks import WebhookConfig, serve

    logging.getLogger().setLevel(logging.INFO)
    serve(WebhookConfig.from_env(), hooks(), host=host, port=port)


@main.command()
@PROVIDER
@click.argument("recording_id")
@click.option("--yes", is_flag=True, help="Do not ask first. Only a terminal is asked.")
@plain_errors
def forget(provider: str, recording_id: str, yes: bool) -> None:
    """Erase a recording from lake, marts, warehouse and inbox, and keep it from coming back."""
    from sonitemi_pipelines.pipeline.forget import forget as erase

    if sys.stdin.isatty() and not yes:
        click.confirm(
            f"Erase {provider} {recording_id}, all its revisions, from lake, marts, warehouse and inbox?", abort=True
        )
    deleted = erase(Settings.from_env(), provider, recording_id)
    for table, rows in deleted.items():
        click.echo(f"{table}: {rows} rows erased")
    click.echo(f"{provider} {recording_id} is forgotten here; delete it at the vendor too if it must go there")


if __name__ == "__main__":
    main()
