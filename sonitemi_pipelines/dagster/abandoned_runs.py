"""Runs whose process died with its code server: nobody else would ever end them, and they keep their vendor waiting."""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg
from dagster._core.launcher import DefaultRunLauncher

from sonitemi_pipelines.dagster.catalog import Catalog

_STARTED = "Started process for run"
_LAUNCH = (dg.DagsterEventType.RUN_STARTING, dg.DagsterEventType.RUN_START)
_START_TIMEOUT = 180.0
_SLACK = 5.0


def abandoned_runs_sensor(catalog: Catalog) -> dg.SensorDefinition:
    """Ends runs of ours whose process is gone."""
    run_state = catalog.run_state

    @dg.sensor(
        name=catalog.deployment.name("abandoned_runs"),
        description="Ends runs whose process is gone, where runs are processes of the code server (dagster dev).",
        minimum_interval_seconds=30,
        default_status=catalog.deployment.start_sensors(),
    )
    def abandoned_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        instance = context.instance
        if not isinstance(instance.run_launcher, DefaultRunLauncher):
            return dg.SkipReason("runs are not processes of this machine; Dagster's run monitoring watches them")
        running = dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
        )
        ended = []
        for run in instance.get_runs(running):
            if run_state.is_ours(run) and _is_abandoned(instance, run.run_id):
                said = "The process of this run is gone; its work is picked up by the next run."
                instance.report_run_failed(run, said)
                ended.append(run.run_id[:8])
        return dg.SkipReason(f"ended {', '.join(ended)}" if ended else "every run at work has a process")

    return abandoned_runs


def _is_abandoned(instance: dg.DagsterInstance, run_id: str) -> bool:
    entries = instance.all_logs(run_id, of_type={*_LAUNCH, dg.DagsterEventType.ENGINE_EVENT})
    for entry in reversed(entries):
        event = entry.get_dagster_event()
        if event.is_engine_event and _STARTED in (event.message or ""):
            pid = event.engine_event_data.metadata["pid"].value
            return not _is_process(int(str(pid)), entry.timestamp)
    # No process ever said that it started: the code server died between the request and the fork.
    launch = {entry.get_dagster_event().event_type: entry.timestamp for entry in entries}
    requested = launch.get(dg.DagsterEventType.RUN_STARTING)
    has_begun = dg.DagsterEventType.RUN_START in launch
    return requested is not None and not has_begun and time.time() - requested > _START_TIMEOUT


def _is_process(pid: int, known_at: float) -> bool:
    """Whether the process that had this id at `known_at` (Unix seconds) is alive."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        return True
    # Ids are given again: a zombie or one that began later is not it.
    began_at = time.time() - uptime + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return fields[0] != "Z" and began_at < known_at + _SLACK
