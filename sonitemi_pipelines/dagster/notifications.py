"""Who is told when something goes wrong. Another notifier is a subclass of `NotifierResource` in its place."""

from __future__ import annotations

import dagster as dg

from sonitemi_pipelines.dagster import automation
from sonitemi_pipelines.watch.config import WatchConfig
from sonitemi_pipelines.watch.notify import Notice, notifiers, notify_all

_LONGEST_REASON = 300
_MOST_STEPS = 10


class NotifierResource(dg.ConfigurableResource):
    """Delivers notices: to the log, and by HTTP POST to SONITEMI_NOTIFY_URL when it is set."""

    def notify(self, notice: Notice) -> list[str]:
        """Returns what went wrong; empty when everybody was told."""
        return notify_all(notifiers(WatchConfig.from_env().notify_url), notice)


@dg.run_failure_sensor(
    name="run_failure",
    description="Tells the notifier of every failed run: which job and step, and why, in one line.",
    default_status=automation.SENSOR,
    minimum_interval_seconds=30,
)
def run_failure(context: dg.RunFailureSensorContext, notifier: NotifierResource) -> dg.SkipReason | None:
    run = context.dagster_run
    steps = {
        event.step_key: _reason(event)
        for event in context.get_step_failure_events()[:_MOST_STEPS]
        if event.step_key is not None
    }
    why = next(iter(steps.values()), _one_line(context.failure_event.message or "no reason given"))
    details = {
        "job": run.job_name,
        "run_id": run.run_id,
        "trigger": run.tags.get("sonitemi/trigger") or run.tags.get("dagster/schedule_name") or "by hand",
        "steps": steps,
    }
    problems = notifier.notify(Notice("run_failed", f"{run.job_name} run {run.run_id[:8]} failed: {why}", details))
    return dg.SkipReason("; ".join(problems)) if problems else None


def _reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    described = failure.user_failure_data.description if failure.user_failure_data is not None else None
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    # Our failures are described in one line that holds no secret. Of any other error only the kind is told.
    return _one_line(described or (error.cls_name if error is not None else None) or "no reason given")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_REASON]


RESOURCES = {"notifier": NotifierResource()}
SENSORS = [run_failure]
