"""Bringing one vendor's account up to date: lists, transcripts, then what is made of transcripts.

What fails is told and tried again by the next run, and stops nothing that can go on without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sonitemi_pipelines.errors import LakeError, UnreachableError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.read_again import read_again
from sonitemi_pipelines.pipeline.story import Story, Watch, counted, logged
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.failures import open_failures, settle_failures
from sonitemi_pipelines.sync.net import in_words
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Ingestion, ingest
from sonitemi_pipelines.vendors import ListStep, Vendor
from sonitemi_pipelines.vendors.vendor import Change

_FETCH_PATIENCE = 6 * 3600.0


def fetch_lock(provider: str) -> str:
    """Name of the lock that one process at a time holds while it fetches a vendor's transcripts."""
    return f"sync-{provider}"


@dataclass
class AccountReport:
    """What bringing one account up to date came to.

    Attributes:
        changes: by table, of the lists that were read.
        ingestion: None when no transcript was looked for.
        problems: what the vendor could not answer, and what was asked for by id and has no transcript, in words.
        error: why the account could not be read to its end; None when it could.
    """

    provider: str
    changes: dict[str, Change] = field(default_factory=dict)
    ingestion: Ingestion | None = None
    problems: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def missing(self) -> dict[str, str]:
        """'sonix ID variant' -> why that transcript is not there."""
        failed = self.ingestion.failed if self.ingestion is not None else ()
        return {f"{one.provider} {one.recording_id} {one.variant}": one.reason for one in failed}


def sync_account(
    vendor: Vendor,
    lake: Lake,
    client: Any,
    scope: Scope,
    settings: Settings,
    progress: Progress = no_progress,
    story: Story = logged,
    *,
    tables: Collection[str] | None = None,
    transcripts: bool = True,
) -> AccountReport:
    """Bring one vendor's lists and transcripts up to date.

    Args:
        client: the vendor's.
        tables: only these lists; None for all that the scope has a use for.
        transcripts: whether transcripts are fetched.

    Raises:
        LakeError: the lake failed, which no other vendor would survive either.
    """
    report = AccountReport(vendor.name)
    chosen = [
        step
        for step in vendor.steps
        if (step.for_ids or scope.ids is None) and (tables is None or step.table.name in tables)
    ]

    def bring_up(after_transcripts: bool) -> None:
        for step in chosen:
            if step.after_transcripts == after_transcripts:
                watch, change = Watch(), run_step(vendor, step, lake, client, scope, settings)
                report.changes[step.table.name] = change
                report.problems += change.problems
                level = "info" if step.table is vendor.list_table else "debug"
                story(level, f"{vendor.label}: {step.table.name}: {change} ({watch})")

    try:
        bring_up(after_transcripts=False)
        if transcripts:
            watch = Watch()
            report.ingestion = ingest_transcripts(vendor, lake, client, scope, settings, progress, story, keep=True)
            _tell(vendor, report.ingestion, watch, story)
            if report.ingestion.gave_up is not None:
                raise report.ingestion.gave_up
        bring_up(after_transcripts=True)
        report.problems += vendor.without_transcript(lake, scope)
    except LakeError:
        raise
    except Exception as error:
        report.error = in_words(error, f"the sync of {vendor.label}")
        story("error", f"{vendor.label}: not read to the end: {report.error}")
    for problem in report.problems:
        story("warning", f"{vendor.label}: {problem}")
    return report


def run_step(vendor: Vendor, step: ListStep, lake: Lake, client: Any, scope: Scope, settings: Settings) -> Change:
    """Bring one table of a vendor up to date. What a side table fails with is a problem of its own and stops nothing.

    Raises:
        ApiError: the list of recordings cannot be read, or nothing can be asked at all.
        LakeError: the lake cannot be read or written.
    """
    with ending_calls_of(client):
        try:
            return step.run(lake, client, scope, settings)
        except LakeError:
            raise
        except Exception as error:
            if step.table is vendor.list_table or isinstance(error, UnreachableError):
                raise
            return Unanswered((f"{step.table.name} is not up to date: {in_words(error, 'bringing it up to date')}",))


@dataclass(frozen=True)
class Unanswered:
    """A step that came to nothing, and why."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "not up to date"


@contextmanager
def ending_calls_of(client: Any) -> Iterator[None]:
    """Where the block is interrupted (Ctrl-C, a cancelled run, a time-out), no call of this client goes on."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        client.stop()
        raise


def _tell(vendor: Vendor, ingestion: Ingestion, watch: Watch, story: Story) -> None:
    arrived, failed = len(ingestion.committed), len(ingestion.failed)
    said = f"{counted(arrived, 'transcript')} with {counted(ingestion.tokens, 'word')} arrived"
    said += f", {ingestion.unchanged} as before" if ingestion.unchanged else ""
    said += f", {failed} failed" if failed else ""
    said = said if ingestion.wanted else "no transcript is missing or changed"
    story("warning" if failed else "info", f"{vendor.label}: {said} ({watch})")
    for one in ingestion.failed:
        story("warning", f"{one.provider} {one.recording_id} {one.variant} is missing: {one.reason}")


def ingest_transcripts(
    vendor: Vendor,
    lake: Lake,
    client: Any,
    scope: Scope,
    settings: Settings,
    progress: Progress = no_progress,
    story: Story = logged,
    *,
    keep: bool = False,
) -> Ingestion:
    """Fetch every transcript of a vendor that is missing or changed. A second process waits, then finds nothing left.

    Args:
        client: the vendor's.
        keep: where the vendor turns out to be out of order, say so in the result's `gave_up` instead of raising.

    Raises:
        ApiError: the vendor is out of order; what arrived before is committed, what failed is recorded.
    """
    provider, fetch = vendor.name, partial(vendor.fetch, client)
    if scope.is_nothing:
        # Nor does it wait for another process that fetches from this vendor.
        return Ingestion(provider)

    def waits(holder: str) -> None:
        story("info", f"{vendor.label}: {holder} fetches its transcripts; this run waits for it to end")

    with ending_calls_of(client), lake.lock(fetch_lock(provider), patience=_FETCH_PATIENCE, on_wait=waits):
        _read_again(vendor, lake, story)
        # What failed before comes last, so that it keeps nothing new waiting when the vendor chokes on it again.
        tries = {key: row["attempts"] for key, row in open_failures(lake, provider).items()}
        wanted = sorted(
            vendor.wanted(lake, scope),
            key=lambda item: tries.get((item.source.recording_id, item.source.variant), 0),
        )
        if wanted:
            story("info", f"{vendor.label}: {counted(len(wanted), 'transcript')} to fetch")
        ingestion = ingest(
            lake, provider, wanted, fetch, vendor.take_apart, in_flight=settings.in_flight, progress=progress
        )
        done = ingestion.gave_up is None
        settle_failures(lake, wanted if done else [], ingestion, everything=done and scope.is_everything)
    if ingestion.gave_up is not None and not keep:
        raise ingestion.gave_up
    return ingestion


def bring_over(vendor: Vendor, lake: Lake, story: Story = logged) -> None:
    """What a lake of an earlier release holds of a vendor that is not asked now is brought up to this one too."""
    with lake.lock(fetch_lock(vendor.name), patience=_FETCH_PATIENCE):
        _read_again(vendor, lake, story)


def _read_again(vendor: Vendor, lake: Lake, story: Story) -> None:
    for problem in read_again(lake, vendor.name, vendor.take_apart):
        story("warning", problem)
