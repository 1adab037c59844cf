"""What the instance says of runs that read the vendors: which is at work, which succeeded, and what each looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg

from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.watch.inbox import FinishedRun

LOCATION = "sonitemi"
PROVIDERS = tuple(VENDORS)
READING_JOBS = ("sync", "reconcile")
_LISTS = {name: dg.AssetKey(vendor.list_table.name) for name, vendor in VENDORS.items()}
_TRANSCRIPTS = dg.AssetKey("transcripts")
_LOOKED_AT = 50
_OF_SELECTED_ASSETS = "__ASSET_JOB"
"""Dagster's name for what runs when somebody materializes assets by hand."""
# Not NOT_STARTED: a run that a crash left there is never queued.
_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def reads_tag(provider: str) -> str:
    """The tag that is 'yes' on a run that reads this vendor.

    dagster.yaml lets one such run go at a time, so that no transcript is fetched by two, and a long import of one
    vendor does not keep the other waiting.
    """
    return f"sonitemi/reads_{provider}"


def skipped_tag(provider: str) -> str:
    """The tag of a run that skipped this vendor because it had no key: it has read nothing of it."""
    return f"sonitemi/skipped_{provider}"


def run_at_work(instance: dg.DagsterInstance, provider: str) -> str | None:
    """Id of a queued or running run that reads this vendor."""
    for which in ({"tags": {reads_tag(provider): "yes"}}, {"job_name": _OF_SELECTED_ASSETS}):
        for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK, **which), limit=_LOOKED_AT):
            if is_ours(run) and _fetches(run) and ids_of(run, provider) != frozenset():
                return run.run_id
    return None


def finished_runs(instance: dg.DagsterInstance) -> list[FinishedRun]:
    """The newest successful runs by vendor, as far as they brought the list and the transcripts up to date."""
    found = []
    for provider, list_key in _LISTS.items():
        succeeded = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], tags={reads_tag(provider): "yes"})
        for record in instance.get_run_records(succeeded, limit=_LOOKED_AT):
            run = record.dagster_run
            if record.start_time is None or not is_ours(run) or skipped_tag(provider) in run.tags:
                continue
            started_at = dt.datetime.fromtimestamp(record.start_time, dt.UTC).replace(tzinfo=None)
            selected = run.asset_selection
            if selected is None or {list_key, _TRANSCRIPTS} <= selected:
                found.append(FinishedRun(provider, started_at, ids_of(run, provider), _translations_of(run)))
    return found


def last_full_run(instance: dg.DagsterInstance, provider: str) -> float | None:
    """Start (Unix seconds) of the last successful run that listed the whole account of a vendor."""
    starts = [
        run.started_at.replace(tzinfo=dt.UTC).timestamp()
        for run in finished_runs(instance)
        if run.provider == provider and run.ids is None
    ]
    return max(starts, default=None)


def ids_of(run: dg.DagsterRun, provider: str) -> frozenset[str] | None:
    """The recordings of a vendor that a run's config narrows it to; None when it does not."""
    ids = _scope_of(run).get(f"{provider}_ids")
    return None if ids is None else frozenset(ids)


def is_ours(run: dg.DagsterRun) -> bool:
    """Whether the run belongs to this code location; one started without a workspace says nothing of its own."""
    origin = run.remote_job_origin
    return origin is None or origin.repository_origin.code_location_origin.location_name == LOCATION


def _translations_of(run: dg.DagsterRun) -> frozenset[str]:
    return frozenset(_scope_of(run).get("sonix_translations") or ())


def _scope_of(run: dg.DagsterRun) -> Mapping[str, Any]:
    config: Mapping[str, Any] = run.run_config
    scope: Mapping[str, Any] = config.get("resources", {}).get("scope", {}).get("config", {})
    return scope


def _fetches(run: dg.DagsterRun) -> bool:
    if run.asset_selection is None:
        return run.job_name in READING_JOBS
    return _TRANSCRIPTS in run.asset_selection
