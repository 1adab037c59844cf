"""The commands that cost money: `sonitemi submit`, `summarize`, `summarize-folder`, `translate`."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.parameters import JsonText
from sonitemi_pipelines.cli.vendors import PROVIDER
from sonitemi_pipelines.errors import RefusedError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.paid.operations import PaidOperation
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS, Vendor

if TYPE_CHECKING:
    from sonitemi_pipelines.paid import Ledger, Outcome


Command = TypeVar("Command", bound=Callable[..., Any])


def paid_options(command: Command) -> Command:
    """`--window-hours` and `--force`: how a request that was made before is treated. And `--dry-run`."""
    window = click.option(
        "--window-hours",
        default=24.0,
        show_default=True,
        help="Refuse a request that was accepted within this many hours.",
    )
    force = click.option("--force", is_flag=True, help="Send the request even if it was made before, and pay again.")
    dry = click.option(
        "--dry-run", is_flag=True, help="Send nothing; print the number of requests, the minutes and the cost."
    )
    return window(force(dry(command)))


_COSTS = "This costs money."


@click.command()
@PROVIDER
@click.argument("media", nargs=-1, required=True, metavar="FILES_OR_URLS...")
@click.option("--pattern", help="Pattern of the files to submit from a folder, such as *.mp3.")
@click.option("--language", help="Code of the spoken language, such as en. Required for Sonix.")
@click.option("--folder-id", help="Sonix: id of the folder for the media.")
@click.option("--name-prefix", help="Sonix: prefix of the name, before the file name.")
@click.option("--name", help="Sonix: name, for a single file or URL.")
@click.option(
    "--keyword", "--keywords", "keywords", multiple=True, help="Sonix: name or term that occurs, as a hint. Repeatable."
)
@click.option("--transcript-text", help="Sonix: an existing transcript to align.")
@click.option("--custom-data", type=JsonText(), help="Sonix: key-value pairs to attach, as JSON or @FILE.")
@click.option("--multitrack/--no-multitrack", default=None, help="Sonix: each speaker has a separate channel.")
@click.option(
    "--speaker-label",
    "--speaker-labels",
    "speaker_labels",
    multiple=True,
    help="Sonix: speaker name of a channel, with --multitrack. Repeatable.",
)
@click.option("--content-type", help="Temi: media type of files without a known extension, such as audio/mpeg.")
@click.option("--metadata", help="Temi: text to attach.")
@click.option("--callback-url", help="URL that the vendor calls when a transcription completes or fails.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per request, one per line.")
@paid_options
@plain_errors
def submit(
    provider: str,
    media: tuple[str, ...],
    pattern: str | None,
    dry_run: bool,
    as_json: bool,
    window_hours: float,
    force: bool,
    **options: Any,
) -> None:
    """Submit files and URLs for transcription. This costs money."""
    from sonitemi_pipelines.paid.estimate import of_submission
    from sonitemi_pipelines.paid.placing import Rules
    from sonitemi_pipelines.paid.submit import SubmitOptions, submit_media

    given = SubmitOptions(**{name: value for name, value in options.items() if value not in (None, ())})
    items = _files_and_urls(media, pattern)
    rules = Rules(window_hours, force)
    settings = Settings.from_env()
    vendor = VENDORS[provider]
    if vendor.submitter is None:
        raise RefusedError(f"{vendor.label} takes no media here; nothing was sent")
    submitter = vendor.submitter(vendor.connect(settings))
    if dry_run:
        click.echo(of_submission(submitter, items, given, settings.vendor(provider).rate))
        return
    outcomes = submit_media(ledger_of(settings), submitter, items, given, rules)
    finish(outcomes, as_json=as_json)


def _command(vendor: Vendor, operation: PaidOperation) -> click.Command:
    """The command of one operation, with its subject and its wish."""
    subject_name, wish_name = operation.subject.name, operation.wish.name
    spoken = click.option(f"--{wish_name}", required=True, help=operation.wish.doc)
    wish = spoken if wish_name == "prompt" else click.argument(wish_name)

    @click.command(operation.name, help=f"{operation.doc} {_COSTS}")
    @click.argument(subject_name)
    @wish
    @paid_options
    @plain_errors
    def command(window_hours: float, force: bool, dry_run: bool, **given: str) -> None:
        from sonitemi_pipelines.paid.estimate import of_operation
        from sonitemi_pipelines.paid.placing import Rules

        rules, settings = Rules(window_hours, force), Settings.from_env()
        subject, wanted = given[subject_name], given[wish_name]
        if dry_run:
            click.echo(of_operation(ledger_of(settings), vendor.name, operation, subject, wanted))
            return
        finish([operation.request(ledger_of(settings), vendor.connect(settings), subject, wanted, rules)])

    return command


COMMANDS = {
    operation.name: _command(vendor, operation) for vendor in VENDORS.values() for operation in vendor.operations
}
"""What vendors do for money besides transcribing, by name."""


def ledger_of(settings: Settings) -> Ledger:
    """The ledger of paid requests in the lake."""
    from sonitemi_pipelines.paid import Ledger

    return Ledger(Lake.from_settings(settings))


def _files_and_urls(media: tuple[str, ...], pattern: str | None) -> list[str | Path]:
    from sonitemi_pipelines.paid.submit import files_in, is_url

    items: list[str | Path] = []
    for text in media:
        if is_url(text) or not Path(text).is_dir():
            items.append(text)
        elif pattern is None:
            raise RefusedError(f"{text} is a folder: give --pattern '*.mp3' to submit what matches in it; nothing sent")
        else:
            items += files_in(Path(text), pattern)
    return items


def finish(outcomes: Iterable[Outcome], *, as_json: bool = False) -> NoReturn:
    """One line for each request as it ends; exit code 0 when the vendor has all of it, and not merely from before."""
    from sonitemi_pipelines.paid.outcome import all_at_vendor

    ended = []
    for outcome in outcomes:
        if as_json:
            click.echo(json.dumps(dataclasses.asdict(outcome), ensure_ascii=False))
        elif outcome.status == "accepted":
            click.echo(str(outcome))
        else:
            click.echo(f"sonitemi: {outcome}", err=True)
        ended.append(outcome)
    sys.exit(0 if all_at_vendor(ended) else 1)
