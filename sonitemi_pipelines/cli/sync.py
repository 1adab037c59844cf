"""The commands that bring lake and warehouse up to date: `sync`, `reconcile`, `balance`."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.progress import Bars
from sonitemi_pipelines.cli.vendors import id_options
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.pipeline.run import SyncReport, run_sync
from sonitemi_pipelines.pipeline.story import logged
from sonitemi_pipelines.pipeline.summary import missing_line, other_problems, summary_of
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope, translation_from
from sonitemi_pipelines.vendors import VENDORS

if TYPE_CHECKING:
    from sonitemi_pipelines.watch.balance import BalanceOutlook

Command = TypeVar("Command", bound=Callable[..., Any])
_DAY = click.DateTime(["%Y-%m-%d"])


def _run_options(command: Command) -> Command:
    for option in (
        click.option("--quiet", is_flag=True, help="Print only what is missing."),
        click.option("--json", "as_json", is_flag=True, help="Print only a summary of the run, as JSON."),
        click.option(
            "--vendor",
            "vendors",
            multiple=True,
            type=click.Choice(list(VENDORS)),
            help="Sync only this vendor. Repeatable.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@id_options
@click.option(
    "--translation",
    "translations",
    multiple=True,
    metavar="MEDIA_ID/LANGUAGE",
    help="Also load this translation, which was made elsewhere. Repeatable.",
)
@click.option("--since", type=_DAY, help="Only transcripts of recordings created on or after this day.")
@click.option("--until", type=_DAY, help="Only transcripts of recordings created before this day.")
@click.option("--refetch", is_flag=True, help="Fetch transcripts again even if the lake has them.")
@click.option(
    "--reread-days",
    type=click.IntRange(0, 3650),
    default=0,
    show_default=True,
    help="Re-read transcripts of recordings of this many days, to find edits that no list shows.",
)
@_run_options
@plain_errors
def sync(
    translations: tuple[str, ...],
    since: dt.datetime | None,
    until: dt.datetime | None,
    refetch: bool,
    reread_days: int,
    vendors: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **ids: tuple[str, ...],
) -> None:
    """Fetch missing and changed transcripts, refresh the marts and publish the warehouse."""
    told = frozenset(map(translation_from, translations))
    base = Scope(since=since, until=until, refetch=refetch, reread_days=reread_days, translations=told)
    scopes = dict.fromkeys(VENDORS, base)
    if any(ids.values()) or told:
        # A translation is one of a recording of whichever vendor makes translations.
        translated = {recording_id for recording_id, _ in told}
        for name, vendor in VENDORS.items():
            own = set(ids[f"{name}_ids"])
            scopes[name] = base.only(own | translated if vendor.translates else own)
    _run(Settings.from_env(), scopes, vendors, as_json=as_json, quiet=quiet)


@click.command()
@click.option(
    "--reread-days",
    type=click.IntRange(0, 3650),
    default=None,
    help="Re-read transcripts of recordings of this many days.  [default: SONITEMI_REREAD_DAYS, 7]",
)
@_run_options
@plain_errors
def reconcile(reread_days: int | None, vendors: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Like sync, but also re-read recent transcripts, to find edits that no list shows."""
    settings = Settings.from_env()
    scope = Scope(reread_days=settings.reread_days if reread_days is None else reread_days)
    _run(settings, dict.fromkeys(VENDORS, scope), vendors, as_json=as_json, quiet=quiet)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plain_errors
def balance(as_json: bool) -> None:
    """Read the prepaid balance and forecast how long it will last."""
    from sonitemi_pipelines.lake.store import Lake
    from sonitemi_pipelines.marts.runner import refresh
    from sonitemi_pipelines.pipeline.run import publish_warehouse
    from sonitemi_pipelines.watch.balance import outlook

    settings = Settings.from_env()
    lake = Lake.from_settings(settings)
    prepaid = [vendor for vendor in VENDORS.values() if vendor.balance is not None]
    asked = [(vendor, client) for vendor in prepaid if (client := vendor.client(settings)) is not None]
    if not asked:
        raise SettingsError(
            f"{' or '.join(vendor.key_variable for vendor in prepaid)} is not set; set it to read the balance"
        )
    for vendor, client in asked:
        for step in vendor.steps:
            if step.table is vendor.balance:
                step.run(lake, client, Scope(), settings)
    refresh(lake, settings=settings)
    publish_warehouse(lake, settings)
    found = {vendor.name: outlook(lake, vendor.name) for vendor, _ in asked}
    if as_json:
        told = {name: None if one is None else _plain(one) for name, one in found.items()}
        click.echo(json.dumps(told, indent=2))
        return
    for name, one in found.items():
        click.echo(str(one) if one is not None else f"{name}: the balance was not observed")


def _plain(found: BalanceOutlook) -> dict[str, float | None]:
    return {"balance_usd": float(found.balance), "burn_per_day": found.burn_per_day, "days_left": found.days_left}


def _run(
    settings: Settings, scopes: Mapping[str, Scope], vendors: tuple[str, ...], *, as_json: bool, quiet: bool
) -> None:
    """Run, tell, and end with the exit code that says whether everything arrived."""
    if not quiet:
        warn_of_a_home_that_moves(settings)
    warned = _Warned()
    report = None
    try:
        report = run_sync(settings, scopes, Bars(), warned, vendors=vendors or None)
    finally:
        warned.tell(report)
    if as_json:
        click.echo(json.dumps(summary_of(report), ensure_ascii=False, indent=2))
    else:
        _tell(report, quiet=quiet)
    sys.exit(0 if report.complete else 1)


class _Warned:
    """A Story told to the log, warnings at the end: what the run's report says is not said twice."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str]] = []

    def __call__(self, level: str, line: str) -> None:
        if level in ("warning", "error") and not logging.getLogger().isEnabledFor(logging.INFO):
            self._lines.append((level, line))
        else:
            logged(level, line)

    def tell(self, report: SyncReport | None) -> None:
        """Log what the report does not say."""
        said = [] if report is None else [*report.errors.values(), *report.problems]
        said += [] if report is None else [failure.reason for failure in report.failed]
        for level, line in self._lines:
            if not any(text in line for text in said):
                logged(level, line)


def warn_of_a_home_that_moves(settings: Settings) -> None:
    """A relative home is another one in every folder: cron and systemd start somewhere else."""
    given = settings.home_as_given
    if "://" not in given and not Path(given).expanduser().is_absolute():
        click.echo(
            f"warning: SONITEMI_HOME={given} depends on the folder you stand in; here it is {settings.home}. "
            "Set an absolute path",
            err=True,
        )


def _tell(report: SyncReport, *, quiet: bool) -> None:
    if not quiet:
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
    missing = [f"{provider} was not synced: {error}" for provider, error in report.errors.items()]
    missing += [f"{one.provider} {one.recording_id} ({one.variant}) is missing: {one.reason}" for one in report.failed]
    problems = other_problems(report)
    # One alone stands in the last line as it is.
    missing += problems if len(missing) + len(problems) > 1 else []
    for line in missing:
        click.echo(f"sonitemi: {line}", err=True)
    if not report.complete:
        click.echo(missing_line(report), err=True)
    elif not quiet:
        click.echo(missing_line(report))
