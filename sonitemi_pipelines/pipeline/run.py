"""The job `sync` as plain functions, in their order. Dagster's assets call the same ones, step by step."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sonitemi_pipelines.errors import LakeError, SettingsError, UnreachableError, WarehouseError
from sonitemi_pipelines.lake.consistency import damage
from sonitemi_pipelines.lake.schemas import TABLES, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import aside, load_macros, load_marts, load_views, view_select
from sonitemi_pipelines.marts.compute import MartResult
from sonitemi_pipelines.marts.runner import MARTS_LOCK, half_built, refresh
from sonitemi_pipelines.pipeline.read_again import read_again
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.settings.variables import unknown
from sonitemi_pipelines.sync.failures import open_failures, settle_failures
from sonitemi_pipelines.sync.lists import ListChange
from sonitemi_pipelines.sync.net import in_words
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import FailedTranscript, Ingestion, ingest
from sonitemi_pipelines.vendors import VENDORS, ListStep, Vendor, names_of_keys
from sonitemi_pipelines.vendors.vendor import Change
from sonitemi_pipelines.warehouse.publish import Publication, check_replaceable, publish

log = logging.getLogger(__name__)

_FETCH_PATIENCE = 6 * 3600.0


def fetch_lock(provider: str) -> str:
    """Name of the lock that one process at a time holds while it fetches a vendor's transcripts."""
    return f"sync-{provider}"


@dataclass(frozen=True)
class SyncReport:
    """What a run did.

    Attributes:
        skipped: vendors without a key.
        errors: vendor -> why it could not be synced to the end.
        problems: what a vendor could not answer, and what was asked for by id and has no transcript, in words.
    """

    skipped: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    lists: tuple[ListChange, ...] = ()
    ingestions: tuple[Ingestion, ...] = ()
    marts: tuple[MartResult, ...] = ()
    publication: Publication | None = None
    problems: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[FailedTranscript, ...]:
        return tuple(failure for ingestion in self.ingestions for failure in ingestion.failed)

    @property
    def complete(self) -> bool:
        """Whether everything asked for arrived."""
        return not self.errors and not self.failed and not self.problems


def preflight(settings: Settings, vendors: Collection[str] | None = None) -> Lake:
    """The lake, once nothing known beforehand stands in the way of a run, of these vendors or of all.

    Raises:
        SettingsError: no vendor has a key.
        LakeError: SONITEMI_HOME cannot be written to.
        WarehouseError: something that is not a warehouse of ours lies at its path.
    """
    for line in unknown(settings.names, VENDORS):
        log.warning("%s", line)
    # All of them: a malformed variable is told of even where another vendor's key is right.
    keys = {name: settings.vendor(name).api_key for name in VENDORS}
    if vendors is not None and not any(keys[name] for name in vendors):
        raise SettingsError(f"{' and '.join(VENDORS[name].key_variable for name in vendors)} not set: nothing to sync")
    if not any(keys.values()):
        raise SettingsError(f"no key is set; set {names_of_keys()}, or several")
    lake = Lake.from_settings(settings)
    check_replaceable(settings.warehouse)
    return lake


def run_sync(
    settings: Settings,
    scopes: Mapping[str, Scope] | None = None,
    progress: Progress = no_progress,
    *,
    vendors: Collection[str] | None = None,
) -> SyncReport:
    """Sync every vendor that has a key, refresh the marts, publish the warehouse.

    A vendor that fails does not stop the other, and what arrived is published.

    Args:
        scopes: what to look at, by vendor; everything where it says nothing.
        vendors: only these; None for all.

    Raises:
        SonitemiError: nothing could be done at all, as `preflight` says, or the lake failed.
    """
    lake = preflight(settings, vendors)
    report = SyncReport()
    for provider, vendor in VENDORS.items():
        if vendors is not None and provider not in vendors:
            _bring_over(vendor, lake)
            continue
        client = vendor.client(settings)
        if client is None:
            _bring_over(vendor, lake)
            log.warning("%s: %s is not set, skipped", provider, vendor.key_variable)
            report = dataclasses.replace(report, skipped=(*report.skipped, provider))
            continue
        scope = (scopes or {}).get(provider, Scope())
        lists, ingestion, problems, error = sync_vendor(vendor, lake, client, scope, settings, progress)
        report = dataclasses.replace(
            report,
            lists=(*report.lists, *lists),
            ingestions=(*report.ingestions, ingestion),
            problems=(*report.problems, *problems),
            errors=report.errors | ({} if error is None else {provider: error}),
        )
    marts = tuple(refresh(lake, settings=settings, progress=progress))
    # What is lost is said before it is published: never green with less than the truth.
    damaged = damage(lake, lake_tables())
    for line in damaged:
        log.error("%s", line)
    publication = None
    try:
        publication = publish_warehouse(lake, settings)
    except WarehouseError as error:
        if not damaged:
            raise
        # Views of files that are gone cannot be made; readers keep what they have until the lake is mended.
        damaged.append(str(error))
    report = dataclasses.replace(report, problems=(*report.problems, *aside.problems(lake), *damaged))
    return dataclasses.replace(report, marts=marts, publication=publication)


def lake_tables() -> list[Table]:
    """Every table of the lake: what the vendors gave, and the marts it stores."""
    return [*TABLES.values(), *(mart.table for mart in load_marts().values())]


def sync_vendor(
    vendor: Vendor, lake: Lake, client: Any, scope: Scope, settings: Settings, progress: Progress
) -> tuple[list[ListChange], Ingestion, list[str], str | None]:
    """What changed, what could not be answered, and why the vendor could not be synced to the end."""
    steps = [step for step in vendor.steps if step.for_ids or scope.ids is None]
    changes: list[Change] = []
    ingestion = Ingestion(vendor.name)
    problems: list[str] = []
    try:
        for step in (step for step in steps if not step.after_transcripts):
            changes.append(run_step(vendor, step, lake, client, scope, settings))
        ingestion = ingest_transcripts(vendor, lake, client, scope, settings, progress, keep=True)
        if ingestion.gave_up is not None:
            raise ingestion.gave_up
        for step in (step for step in steps if step.after_transcripts):
            changes.append(run_step(vendor, step, lake, client, scope, settings))
        problems += vendor.without_transcript(lake, scope)
    except LakeError:
        raise
    except Exception as error:
        said = in_words(error, f"the sync of {vendor.label}")
        log.error("%s", said)
        failed: str | None = said
    else:
        failed = None
    lists = [change for change in changes if isinstance(change, ListChange)]
    return lists, ingestion, [*(told for change in changes for told in change.problems), *problems], failed


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


def ingest_transcripts(
    vendor: Vendor,
    lake: Lake,
    client: Any,
    scope: Scope,
    settings: Settings,
    progress: Progress = no_progress,
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
    with ending_calls_of(client), lake.lock(fetch_lock(provider), patience=_FETCH_PATIENCE):
        _read_again(vendor, lake)
        # What failed before comes last, so that it keeps nothing new waiting when the vendor chokes on it again.
        tries = {key: row["attempts"] for key, row in open_failures(lake, provider).items()}
        wanted = sorted(
            vendor.wanted(lake, scope),
            key=lambda item: tries.get((item.source.recording_id, item.source.variant), 0),
        )
        ingestion = ingest(
            lake, provider, wanted, fetch, vendor.take_apart, in_flight=settings.in_flight, progress=progress
        )
        done = ingestion.gave_up is None
        settle_failures(lake, wanted if done else [], ingestion, everything=done and scope.is_everything)
    if ingestion.gave_up is not None and not keep:
        raise ingestion.gave_up
    return ingestion


def _bring_over(vendor: Vendor, lake: Lake) -> None:
    """What a lake of an earlier release holds of a vendor that is not asked now is brought up to this one too."""
    with lake.lock(fetch_lock(vendor.name), patience=_FETCH_PATIENCE):
        _read_again(vendor, lake)


def _read_again(vendor: Vendor, lake: Lake) -> None:
    for problem in read_again(lake, vendor.name, vendor.take_apart):
        log.warning("%s", problem)


def publish_warehouse(lake: Lake, settings: Settings, *, afresh: bool = False) -> Publication:
    """Show every lake table and mart in the warehouse; `afresh` builds it from nothing."""
    tables = lake_tables()
    views = {mart.table: view_select(mart, settings) for mart in load_views().values()}
    # Not while a run beside this one is in the middle of its marts.
    with lake.lock(MARTS_LOCK, patience=_FETCH_PATIENCE):
        return publish(
            lake,
            settings.warehouse,
            tables,
            load_macros(),
            views,
            keep=half_built(lake),
            afresh=afresh,
            self_contained=settings.self_contained,
        )
