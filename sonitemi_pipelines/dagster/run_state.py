"""What the instance says of runs that read the vendors: which is at work, which came through, what each looked at.

Our runs are known by the tags we set on them, whatever the code location is called and whoever's runs are beside them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from sonitemi_pipelines.watch.inbox import FinishedRun

HOME_TAG = "sonitemi/home"
"""On every run of ours: which lake it is about."""
TOLD_TAG = "sonitemi/told_by"
"""On a run that failed for what its checks tell: that needs no notice of its own."""
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
    """The tag whose value is the home of a run that reads this vendor.

    dagster.yaml lets one run of each value go at a time, so that no transcript is fetched by two, and a long import of
    one vendor does not keep the other waiting.
    """
    return f"sonitemi/reads_{provider}"


def read_tag(provider: str) -> str:
    """The tag that a run gets once it has read the vendor to the end, however the run itself ends."""
    return f"sonitemi/read_{provider}"


def nobody(home_id: str) -> str:
    """Value of a `reads_tag` of a run that does not read the vendor."""
    return f"{home_id} not"


@dataclass(frozen=True)
class RunState:
    """Runs of one deployment.

    Attributes:
        scope_key: of the resource in whose config a run says what it looks at.
        transcripts: key of the asset of that name, by which a run launched by hand is known.
    """

    home_id: str
    scope_key: str
    transcripts: dg.AssetKey

    def at_work(self, instance: dg.DagsterInstance, provider: str) -> str | None:
        """Id of a queued or running run that reads this vendor."""
        tags = {reads_tag(provider): self.home_id}
        for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK, tags=tags), limit=_LOOKED_AT):
            if self.ids_of(run, provider) != frozenset():
                return run.run_id
        by_hand = dg.RunsFilter(statuses=_AT_WORK, job_name=_OF_SELECTED_ASSETS)
        for run in instance.get_runs(by_hand, limit=_LOOKED_AT):
            if self.transcripts in (run.asset_selection or ()) and self.ids_of(run, provider) != frozenset():
                return run.run_id
        return None

    def finished(self, instance: dg.DagsterInstance, providers: Iterable[str]) -> list[FinishedRun]:
        """The newest runs that read a vendor's lists and transcripts to the end, by vendor."""
        found = []
        for provider in providers:
            read = dg.RunsFilter(tags={read_tag(provider): self.home_id})
            for record in instance.get_run_records(read, limit=_LOOKED_AT):
                run = record.dagster_run
                if record.start_time is not None and run.is_finished:
                    started_at = dt.datetime.fromtimestamp(record.start_time, dt.UTC).replace(tzinfo=None)
                    ids, translations = self.ids_of(run, provider), self._translations_of(run, provider)
                    found.append(FinishedRun(provider, started_at, ids, translations))
        return found

    def last_full(self, instance: dg.DagsterInstance, provider: str) -> float | None:
        """Start (Unix seconds) of the last run that read the whole account of a vendor to the end."""
        starts = [
            run.started_at.replace(tzinfo=dt.UTC).timestamp()
            for run in self.finished(instance, [provider])
            if run.ids is None
        ]
        return max(starts, default=None)

    def is_ours(self, run: dg.DagsterRun) -> bool:
        return run.tags.get(HOME_TAG) == self.home_id or self.transcripts in (run.asset_selection or ())

    def ids_of(self, run: dg.DagsterRun, provider: str) -> frozenset[str] | None:
        """The recordings of a vendor that a run's config narrows it to; None when it does not."""
        ids = self._scope_of(run).get(f"{provider}_ids")
        return None if ids is None else frozenset(ids)

    def _translations_of(self, run: dg.DagsterRun, provider: str) -> frozenset[str]:
        return frozenset(self._scope_of(run).get(f"{provider}_translations") or ())

    def _scope_of(self, run: dg.DagsterRun) -> Mapping[str, Any]:
        config: Mapping[str, Any] = run.run_config
        scope: Mapping[str, Any] = config.get("resources", {}).get(self.scope_key, {}).get("config", {})
        return scope
