"""Schedules: the safety net below the sensors. Times of day are of SONITEMI_TIMEZONE."""

from __future__ import annotations

import os

import dagster as dg

from dagster_project.defs import automation
from dagster_project.defs.jobs import balance, maintain, reconcile, sync
from dagster_project.defs.run_state import is_ours
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import Settings

_TIMEZONE = Settings.from_env().timezone
_BOTH = ("SONIX_API_KEY", "TEMI_API_KEY")


def _schedule(job, usual: str, *key_names: str) -> dg.ScheduleDefinition:  # type: ignore[no-untyped-def]
    """`job` at SONITEMI_<JOB>_CRON, else at `usual`; unless the run before still waits in the queue: two of them
    would find the same.
    """
    variable = f"SONITEMI_{job.name.upper()}_CRON"
    cron = os.environ.get(variable, "").strip() or usual

    def scheduled(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        queued = dg.RunsFilter(job_name=job.name, statuses=[dg.DagsterRunStatus.QUEUED])
        for run in context.instance.get_runs(queued, limit=20):
            if is_ours(run) and run.tags.get("dagster/schedule_name") == f"{job.name}_schedule":
                return dg.SkipReason(f"run {run.run_id[:8]} of the same schedule still waits in the queue")
        return dg.RunRequest(tags={"sonitemi/trigger": f"{job.name}_schedule"})

    make = dg.schedule(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=cron,
        execution_timezone=_TIMEZONE,
        default_status=automation.schedule(*key_names),
        description=f"Runs {job.name} at {cron} ({_TIMEZONE}).",
    )
    try:
        return make(scheduled)
    except dg.DagsterInvalidDefinitionError:
        raise SettingsError(f"{variable}={cron} is not a cron expression such as '{usual}'") from None


# Off the full hour, when everybody's jobs call the vendors.
SCHEDULES = [
    _schedule(sync, "7 * * * *", *_BOTH),
    _schedule(balance, "37 */6 * * *", "TEMI_API_KEY"),
    _schedule(reconcile, "23 3 * * *", *_BOTH),
    _schedule(maintain, "53 4 * * 0", *_BOTH),
]
