"""Schedules: the safety net below the sensors. Times of day are of `LakeResource.timezone`."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from sonitemi_pipelines.dagster.deployment import Deployment
from sonitemi_pipelines.dagster.run_state import HOME_TAG
from sonitemi_pipelines.dagster.vendor_runs import VendorRuns
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.vendors import Vendor


def schedules(runs: VendorRuns) -> list[dg.ScheduleDefinition]:
    """sync, reconcile and maintain, and balance where a vendor has prepaid credit."""
    deployment = runs.catalog.deployment
    vendors = deployment.vendors
    with_balance = [vendor for vendor in vendors if vendor.balance is not None]
    # The usual times are off the full hour, when everybody's jobs call the vendors.
    found = [
        _schedule(runs, "sync", vendors, per_vendor=True),
        _schedule(runs, "reconcile", vendors, per_vendor=True, reread_days=deployment.settings().reread_days),
        _schedule(runs, "maintain", vendors),
    ]
    return [*found, _schedule(runs, "balance", with_balance)] if with_balance else found


def _schedule(
    runs: VendorRuns, job: str, vendors: Sequence[Vendor], *, per_vendor: bool = False, reread_days: int = 0
) -> dg.ScheduleDefinition:
    """`job` at `LakeResource.<job>_cron`; unless the run before still waits in the queue: two of them would find the
    same.

    Args:
        vendors: on where one of these has a key.
        per_vendor: a run for each vendor with a key, so that one that fails does not stop the other.
    """
    deployment = runs.catalog.deployment
    cron, timezone = deployment.lake_resource.text(f"{job}_cron"), deployment.settings().timezone
    job_name, name = deployment.name(job), deployment.name(f"{job}_schedule")

    def scheduled(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        queued = dg.RunsFilter(
            job_name=job_name, statuses=[dg.DagsterRunStatus.QUEUED], tags={HOME_TAG: deployment.home_id}
        )
        for run in context.instance.get_runs(queued, limit=20):
            if run.tags.get("dagster/schedule_name") == name:
                return dg.SkipReason(f"run {run.run_id[:8]} of the same schedule still waits in the queue")
        tags = {"sonitemi/trigger": name}
        if not per_vendor:
            return [dg.RunRequest(tags=tags)]
        requests = [
            runs.over(
                vendor,
                runs.of_account(vendor),
                run_key=f"{vendor.name} {context.scheduled_execution_time.isoformat()}",
                tags={**tags, "sonitemi/provider": vendor.name},
                reread_days=reread_days,
            )
            for vendor in vendors
            if deployment.accounts[vendor.name].has_key()
        ]
        return requests or dg.SkipReason("; ".join(deployment.no_key(vendor.name) for vendor in vendors))

    try:
        return dg.schedule(
            name=name,
            job_name=job_name,
            cron_schedule=cron,
            execution_timezone=timezone,
            default_status=_status(deployment, vendors),
            description=f"Runs {job_name} at {cron} ({timezone}).",
        )(scheduled)
    except dg.DagsterInvalidDefinitionError:
        raise SettingsError(f"LakeResource.{job}_cron={cron} is not a cron expression such as '7 * * * *'") from None


def _status(deployment: Deployment, vendors: Sequence[Vendor]) -> dg.DefaultScheduleStatus:
    """Without a key a schedule would only make runs that skip."""
    has_key = any(deployment.accounts[vendor.name].has_key() for vendor in vendors)
    on = has_key and deployment.automation
    return dg.DefaultScheduleStatus.RUNNING if on else dg.DefaultScheduleStatus.STOPPED
