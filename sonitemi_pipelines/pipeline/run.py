"""The job `sync` as plain functions, in their order. Dagster's assets call the same ones, step by step."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sonitemi_pipelines.errors import SettingsError, WarehouseError
from sonitemi_pipelines.lake import register
from sonitemi_pipelines.lake.memory import lean
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK
from sonitemi_pipelines.marts import aside, load_macros, load_views, view_select
from sonitemi_pipelines.marts.compute import MartResult
from sonitemi_pipelines.marts.runner import MARTS_LOCK, half_built, refresh
from sonitemi_pipelines.pipeline.account import bring_over, fetch_lock, ingest_transcripts, sync_account
from sonitemi_pipelines.pipeline.story import Story, Watch, counted, logged
from sonitemi_pipelines.pipeline.whole import check_not_older, half_listed, lake_tables, wrong_with
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.settings.variables import unknown
from sonitemi_pipelines.sync.lists import ListChange
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import FailedTranscript, Ingestion
from sonitemi_pipelines.vendors import VENDORS, names_of_keys
from sonitemi_pipelines.warehouse.publish import Publication, check_replaceable, check_same_lake, publish

__all__ = [
    "SyncReport",
    "fetch_lock",
    "ingest_transcripts",
    "lake_tables",
    "preflight",
    "publish_warehouse",
    "publish_what_is_sound",
    "refresh_marts",
    "run_sync",
]

_PUBLISH_PATIENCE = 6 * 3600.0


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
        LakeError: SONITEMI_HOME cannot be written to, or the lake once held more than it does.
        WarehouseError: something that is not a warehouse of ours lies at its path, or one of a lake that is lost.
    """
    for line in unknown(settings.names, VENDORS):
        logged("warning", line)
    # All of them: a malformed variable is told of even where another vendor's key is right.
    keys = {name: settings.vendor(name).api_key for name in VENDORS}
    if vendors is not None and not any(keys[name] for name in vendors):
        raise SettingsError(f"{' and '.join(VENDORS[name].key_variable for name in vendors)} not set: nothing to sync")
    if not any(keys.values()):
        raise SettingsError(f"no key is set; set {names_of_keys()}, or several")
    lake = Lake.from_settings(settings)
    shown = check_replaceable(settings.warehouse)
    check_same_lake(lake, settings.warehouse)
    check_not_older(lake, settings.warehouse, shown)
    return lake


@lean()
def run_sync(
    settings: Settings,
    scopes: Mapping[str, Scope] | None = None,
    progress: Progress = no_progress,
    story: Story = logged,
    *,
    vendors: Collection[str] | None = None,
) -> SyncReport:
    """Sync every vendor that has a key, refresh the marts, publish the warehouse.

    A vendor that fails does not stop the other, and what arrived is published.

    Args:
        scopes: what to look at, by vendor; everything where it says nothing.
        vendors: only these; None for all.

    Raises:
        SettingsError: recordings of a vendor are asked for by id, and that vendor is left out.
        SonitemiError: nothing could be done at all, as `preflight` says, or the lake failed.
    """
    lake = preflight(settings, vendors)
    _check_none_is_left_out(settings, scopes or {}, vendors)
    report = SyncReport()
    for provider, vendor in VENDORS.items():
        if vendors is not None and provider not in vendors:
            bring_over(vendor, lake, story)
            continue
        client = vendor.client(settings)
        if client is None:
            bring_over(vendor, lake, story)
            story("warning", f"{vendor.label}: {vendor.key_variable} is not set: skipped")
            report = dataclasses.replace(report, skipped=(*report.skipped, provider))
            continue
        scope = (scopes or {}).get(provider, Scope())
        account = sync_account(vendor, lake, client, scope, settings, progress, story)
        report = dataclasses.replace(
            report,
            lists=(*report.lists, *(one for one in account.changes.values() if isinstance(one, ListChange))),
            ingestions=(*report.ingestions, *([] if account.ingestion is None else [account.ingestion])),
            problems=(*report.problems, *account.problems),
            errors=report.errors | ({} if account.error is None else {provider: account.error}),
        )
    computed = tuple(refresh_marts(lake, settings, progress, story))
    publication, problems = publish_what_is_sound(lake, settings, story)
    report = dataclasses.replace(report, problems=(*report.problems, *problems))
    return dataclasses.replace(report, marts=computed, publication=publication)


def _check_none_is_left_out(settings: Settings, scopes: Mapping[str, Scope], vendors: Collection[str] | None) -> None:
    for provider, scope in scopes.items():
        left_out = vendors is not None and provider not in vendors
        if scope.ids and (left_out or settings.vendor(provider).api_key is None):
            asked = ", ".join(sorted(scope.ids))
            way = f"sync vendor {provider} too" if left_out else f"set {VENDORS[provider].key_variable}"
            raise SettingsError(f"{provider} {asked} cannot be looked at while {provider} is left out; {way}")


def publish_what_is_sound(
    lake: Lake, settings: Settings, story: Story = logged
) -> tuple[Publication | None, list[str]]:
    """Publish, and say what is not right with what was published; None where nothing could be.

    Raises:
        WarehouseError: nothing is wrong with the lake, and it cannot be published.
    """
    # What is lost is said before it is published: never green with less than the truth.
    damaged = wrong_with(lake)
    for line in damaged:
        story("error", line)
    publication = None
    unreadable: list[str] = []
    try:
        # What a list has lost may be nowhere but in the warehouse; `sonitemi rebuild` looks there.
        keep = half_listed(lake) if damaged else set()
        publication = publish_warehouse(lake, settings, story=story, unreadable=unreadable, keep=keep)
    except WarehouseError as error:
        if not damaged:
            raise
        # Views of files that are gone cannot be made; readers keep what they have until the lake is mended.
        damaged.append(str(error))
    return publication, [*aside.problems(lake), *unreadable, *damaged]


def refresh_marts(
    lake: Lake,
    settings: Settings,
    progress: Progress = no_progress,
    story: Story = logged,
    *,
    marts: Collection[str] | None = None,
) -> list[MartResult]:
    """`marts.runner.refresh`, told; what the run before it has made is noted in the lake."""
    watch = Watch()
    with lake.lock(WRITE_LOCK):
        register.note(lake)
    results = refresh(lake, marts, settings, progress)
    written = sum(result.rows > 0 or result.transcripts_recomputed > 0 for result in results)
    transcripts = max((result.transcripts_recomputed for result in results), default=0)
    computed = f"{counted(transcripts, 'transcript')} computed, " if transcripts else ""
    story("info", f"marts: {computed}{written} of {len(results)} changed ({watch})")
    return results


def publish_warehouse(
    lake: Lake,
    settings: Settings,
    *,
    afresh: bool = False,
    story: Story = logged,
    unreadable: list[str] | None = None,
    keep: Collection[str] = (),
) -> Publication:
    """Show every lake table and mart in the warehouse; `afresh` builds it from nothing.

    Args:
        keep: tables to leave as the warehouse shows them.
        unreadable: takes a line about each file of the user's that is malformed; what is made of it is empty then.
    """
    watch = Watch()
    check_same_lake(lake, settings.warehouse)
    tables = lake_tables()
    wrong: list[str] = []
    views = {mart.table: view_select(mart, settings, unreadable=wrong) for mart in load_views().values()}
    for line in dict.fromkeys(wrong):
        story("error", line)
    if unreadable is not None:
        unreadable += dict.fromkeys(wrong)
    # Not while a run beside this one is in the middle of its marts.
    with lake.lock(MARTS_LOCK, patience=_PUBLISH_PATIENCE):
        done = publish(
            lake,
            settings.warehouse,
            tables,
            load_macros(),
            views,
            keep=half_built(lake).union(keep),
            afresh=afresh,
            self_contained=settings.self_contained,
        )
    story("info", f"warehouse: {counted(len(done.changed), 'table')} changed, published as {done.path} ({watch})")
    return done
