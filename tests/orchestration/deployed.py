"""A deployment built in this process, and its sensors evaluated as the daemon does."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg

from sonitemi_pipelines.dagster import LakeResource, SonixResource, TemiResource, build_sonitemi_definitions
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

SCOPE = "sonitemi__scope"


@dataclass
class Deployed:
    """A deployment on a sandbox. Change `keys` or `more`, and `again()` is what a reload of the code would load."""

    sandbox: Sandbox
    home: str
    keys: dict[str, str]
    more: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_env({**self.sandbox.env, "SONITEMI_HOME": self.home})

    @cached_property
    def lake(self) -> Lake:
        return Lake.from_settings(self.settings)

    @property
    def inbox(self) -> Path:
        return Path(self.home) / "inbox" / "webhooks.sqlite"

    @cached_property
    def defs(self) -> dg.Definitions:
        url = self.sandbox.base_url
        return build_sonitemi_definitions(
            sonix=SonixResource(api_key=self.keys["sonix"], base_url=url),
            temi=TemiResource(api_key=self.keys["temi"], base_url=url),
            lake=LakeResource(home=self.home, **self.more),
        )

    def again(self, *, keys: dict[str, str] | None = None, **more: Any) -> Deployed:
        return Deployed(self.sandbox, self.home, {**self.keys, **(keys or {})}, {**self.more, **more})

    def execute(self, request: dg.RunRequest, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
        return self.defs.resolve_job_def("sync").execute_in_process(
            run_config=request.run_config,
            tags=request.tags,
            asset_selection=request.asset_selection,
            instance=instance,
            raise_on_error=False,
        )

    def put_run(self, instance: dg.DagsterInstance, status: dg.DagsterRunStatus, scope: dict[str, Any]) -> str:
        """A run of `sync` that somebody launched; nothing executes it."""
        job = self.defs.resolve_job_def("sync")
        config = {"resources": {SCOPE: {"config": scope}}}
        return instance.create_run_for_job(job, run_config=config, status=status, tags=job.tags).run_id


class Evaluator:
    """Evaluates one sensor again and again, as the daemon does with its cursor."""

    def __init__(self, name: str, instance: dg.DagsterInstance, deployed: Deployed) -> None:
        self.defs = deployed.defs
        self.sensor = self.defs.resolve_sensor_def(name)
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> tuple[list[dg.RunRequest], str]:
        """Run requests, and the reason when there are none."""
        name = self.sensor.name
        context = dg.build_sensor_context(self.instance, self.cursor, sensor_name=name, definitions=self.defs)
        found = self.sensor.evaluate_tick(context)
        if found.cursor is not None:
            self.cursor = found.cursor
        return list(found.run_requests or []), found.skip_message or ""


def scope_of(request: dg.RunRequest) -> dict[str, Any]:
    return dict(request.run_config["resources"][SCOPE]["config"])


def made_in(result: dg.ExecuteInProcessResult) -> set[str]:
    """Names of the assets that a run wrote down as materialized."""
    events = result.get_asset_materialization_events()
    return {event.asset_key.to_user_string() for event in events if event.asset_key is not None}
