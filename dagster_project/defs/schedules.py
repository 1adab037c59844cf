"""Schedules: the safety net below the sensors. Times of day are of SONITEMI_TIMEZONE."""

from __future__ import annotations

import dagster as dg

from dagster_project.defs import automation
from dagster_project.defs.jobs import balance, maintain, reconcile, sync
from dagster_project.defs.run_state import is_ours
from sonitemi_pipelines.settings import Settings

_TIMEZONE = Settings.from_env().timezone
_BOTH = ("SONIX_API_KEY", "TEMI_API_KEY")


def _schedule(job, cron: str, *key_names: str) -> dg.ScheduleDefinition:  # type: ignore[no-untyped-def]
    """`job` at `cron`, unless the run before still waits in the queue: two of them would find the same."""

    @dg.schedule(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=cron,
        execution_timezone=_TIMEZONE,
        default_status=automation.schedule(*key_names),
        description=f"Runs {job.name} at {cron} ({_TIMEZONE}).",
    )
    def scheduled(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        queued = dg.RunsFilter(job_name=job.name, statuses=[dg.DagsterRunStatus.QUEUED])
        for run in context.instance.get_runs(queued, limit=20):
            if is_ours(run) and run.tags.get("dagster/schedule_name") == f"{job.name}_schedule":
                return dg.SkipReason(f"run {run.run_id[:8]} of the same schedule still waits in the queue")
        return dg.RunRequest(tags={"sonitemi/trigger": f"{job.name}_schedule"})

    return scheduled


# Off the full hour, when everybody's jobs call the vendors.
SCHEDULES = [
    _schedule(sync, "7 * * * *", *_BOTH),
    _schedule(balance, "37 */6 * * *", "TEMI_API_KEY"),
    _schedule(reconcile, "23 3 * * *", *_BOTH),
    _schedule(maintain, "53 4 * * 0", *_BOTH),
]
