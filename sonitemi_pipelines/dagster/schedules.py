"""Schedules: the safety net below the sensors. Times of day are of SONITEMI_TIMEZONE."""

from __future__ import annotations

import os

import dagster as dg

from sonitemi_pipelines.dagster import automation
from sonitemi_pipelines.dagster.jobs import balance, maintain, reconcile, sync
from sonitemi_pipelines.dagster.run_state import PROVIDERS, is_ours
from sonitemi_pipelines.dagster.vendor_runs import ACCOUNT, run_over
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import Settings

_SETTINGS = Settings.from_env()
_BOTH = ("SONIX_API_KEY", "TEMI_API_KEY")


def _schedule(  # type: ignore[no-untyped-def]
    job, usual: str, *key_names: str, per_vendor: bool = False, reread_days: int = 0
) -> dg.ScheduleDefinition:
    """`job` at SONITEMI_<JOB>_CRON, else at `usual`; unless the run before still waits in the queue: two of them
    would find the same.

    Args:
        key_names: on where one of these is set.
        per_vendor: a run for each vendor with a key, so that one that fails does not stop the other.
    """
    variable = f"SONITEMI_{job.name.upper()}_CRON"
    cron = os.environ.get(variable, "").strip() or usual
    name = f"{job.name}_schedule"

    def scheduled(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        queued = dg.RunsFilter(job_name=job.name, statuses=[dg.DagsterRunStatus.QUEUED])
        for run in context.instance.get_runs(queued, limit=20):
            if is_ours(run) and run.tags.get("dagster/schedule_name") == name:
                return dg.SkipReason(f"run {run.run_id[:8]} of the same schedule still waits in the queue")
        tags = {"sonitemi/trigger": name}
        if not per_vendor:
            return [dg.RunRequest(tags=tags)]
        settings = Settings.from_env()
        requests = [
            run_over(
                provider,
                ACCOUNT[provider],
                run_key=f"{provider} {context.scheduled_execution_time.isoformat()}",
                tags={**tags, "sonitemi/provider": provider},
                reread_days=reread_days,
            )
            for provider in PROVIDERS
            if settings.vendor(provider).api_key is not None
        ]
        return requests or dg.SkipReason(f"neither of {' and '.join(_BOTH)} is set")

    make = dg.schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone=_SETTINGS.timezone,
        default_status=automation.schedule(*key_names),
        description=f"Runs {job.name} at {cron} ({_SETTINGS.timezone}).",
    )
    try:
        return make(scheduled)
    except dg.DagsterInvalidDefinitionError:
        raise SettingsError(f"{variable}={cron} is not a cron expression such as '{usual}'") from None


# Off the full hour, when everybody's jobs call the vendors.
SCHEDULES = [
    _schedule(sync, "7 * * * *", *_BOTH, per_vendor=True),
    _schedule(balance, "37 */6 * * *", "TEMI_API_KEY"),
    _schedule(reconcile, "23 3 * * *", *_BOTH, per_vendor=True, reread_days=_SETTINGS.reread_days),
    _schedule(maintain, "53 4 * * 0", *_BOTH),
]
