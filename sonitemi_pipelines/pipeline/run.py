"""The job `sync` as plain functions, in their order. Dagster's assets call the same ones, step by step."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sonitemi_pipelines.errors import ApiError, SettingsError
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import load_macros, load_marts, load_views, view_select
from sonitemi_pipelines.marts.compute import MartResult
from sonitemi_pipelines.marts.runner import MARTS_LOCK, half_built, refresh
from sonitemi_pipelines.pipeline.read_again import read_again
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.failures import settle_failures
from sonitemi_pipelines.sync.lists import ListChange
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import FailedTranscript, Ingestion, ingest
from sonitemi_pipelines.vendors import VENDORS, Vendor, names_of_keys
from sonitemi_pipelines.warehouse import Publication, check_replaceable, publish

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


def preflight(settings: Settings) -> Lake:
    """The lake, once nothing known beforehand stands in the way of a run.

    Raises:
        SettingsError: no vendor has a key.
        LakeError: SONITEMI_HOME cannot be written to.
        WarehouseError: something that is not a warehouse of ours lies at its path.
    """
    # All of them: a malformed variable is told of even where another vendor's key is right.
    keys = [settings.vendor(name).api_key for name in VENDORS]
    if not any(keys):
        raise SettingsError(f"no key is set; set {names_of_keys()}, or several")
    lake = Lake.from_settings(settings)
    check_replaceable(settings.warehouse)
    return lake


def run_sync(
    settings: Settings, scopes: Mapping[str, Scope] | None = None, progress: Progress = no_progress
) -> SyncReport:
    """Sync every vendor that has a key, refresh the marts, publish the warehouse.

    A vendor that fails does not stop the other, and what arrived is published.

    Args:
        scopes: what to look at, by vendor; everything where it says nothing.

    Raises:
        SonitemiError: nothing could be done at all, as `preflight` says, or the lake failed.
    """
    lake = preflight(settings)
    report = SyncReport()
    for provider, vendor in VENDORS.items():
        client = vendor.client(settings)
        if client is None:
            log.warning("%s: %s is not set, skipped", provider, vendor.key_variable)
            report = dataclasses.replace(report, skipped=(*report.skipped, provider))
            continue
        try:
            scope = (scopes or {}).get(provider, Scope())
            lists, ingestion, problems = _sync_vendor(vendor, lake, client, scope, settings, progress)
        except ApiError as error:
            log.error("%s", error)
            report = dataclasses.replace(report, errors={**report.errors, provider: str(error)})
        else:
            report = dataclasses.replace(
                report,
                lists=(*report.lists, *lists),
                ingestions=(*report.ingestions, ingestion),
                problems=(*report.problems, *problems),
            )
    return dataclasses.replace(
        report,
        marts=tuple(refresh(lake, settings=settings, progress=progress)),
        publication=publish_warehouse(lake, settings),
    )


def _sync_vendor(
    vendor: Vendor, lake: Lake, client: Any, scope: Scope, settings: Settings, progress: Progress
) -> tuple[list[ListChange], Ingestion, list[str]]:
    steps = [step for step in vendor.steps if step.for_ids or scope.ids is None]
    try:
        changes = [step.run(lake, client, scope, settings) for step in steps if not step.after_transcripts]
        ingestion = ingest_transcripts(vendor, lake, client, scope, settings, progress)
        changes += [step.run(lake, client, scope, settings) for step in steps if step.after_transcripts]
    except KeyboardInterrupt:
        client.stop()
        raise
    problems = [problem for change in changes for problem in change.problems]
    lists = [change for change in changes if isinstance(change, ListChange)]
    return lists, ingestion, [*problems, *vendor.without_transcript(lake, scope)]


def ingest_transcripts(
    vendor: Vendor, lake: Lake, client: Any, scope: Scope, settings: Settings, progress: Progress = no_progress
) -> Ingestion:
    """Fetch every transcript of a vendor that is missing or changed. A second process waits, then finds nothing left.

    Args:
        client: the vendor's.
    """
    provider, fetch = vendor.name, partial(vendor.fetch, client)
    if scope.is_nothing:
        # Nor does it wait for another process that fetches from this vendor.
        return Ingestion(provider)
    with lake.lock(fetch_lock(provider), patience=_FETCH_PATIENCE):
        for problem in read_again(lake, provider, vendor.parse):
            log.warning("%s", problem)
        wanted = vendor.wanted(lake, scope)
        ingestion = ingest(lake, provider, wanted, fetch, vendor.parse, in_flight=settings.in_flight, progress=progress)
        settle_failures(lake, wanted, ingestion, everything=scope.is_everything)
    return ingestion


def publish_warehouse(lake: Lake, settings: Settings, *, afresh: bool = False) -> Publication:
    """Show every lake table and mart in the warehouse; `afresh` builds it from nothing."""
    tables = [*TABLES.values(), *(mart.table for mart in load_marts().values())]
    views = {mart.table: view_select(mart, settings) for mart in load_views().values()}
    # Not while a run beside this one is in the middle of its marts.
    with lake.lock(MARTS_LOCK, patience=_FETCH_PATIENCE):
        return publish(lake, settings.warehouse, tables, load_macros(), views, keep=half_built(lake), afresh=afresh)
