"""The sensor that tells somebody: of failing checks, late tables, failing ticks and runs, low credit, each once, and
once when it is over.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import dagster as dg
from dagster._core.scheduler.instigation import TickStatus
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster_shared.error import SerializableErrorInfo

from sonitemi_pipelines.dagster.catalog import LATE_AFTER, Catalog
from sonitemi_pipelines.dagster.checks import Checks
from sonitemi_pipelines.dagster.resources import LakeResource
from sonitemi_pipelines.dagster.run_state import HOME_TAG, TOLD_TAG
from sonitemi_pipelines.dagster.sensors import TickFailed, in_plain_words
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.watch.alarms import Alarm, deliver, dump, load, notices
from sonitemi_pipelines.watch.balance import outlook
from sonitemi_pipelines.watch.notify import HttpNotifier, LogNotifier, MailNotifier, Notice, Notifier, SlackNotifier

_LONGEST_REASON = 300
_RUNS_LOOKED_AT = 20
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


def notifiers_of(lake: LakeResource) -> list[Notifier]:
    """The channels that a resource names, and the log.

    Raises:
        SettingsError: one of them cannot be right.
    """
    found: list[Notifier] = [LogNotifier()]
    if url := lake.text("notify_url"):
        found.append(HttpNotifier(url, "LakeResource.notify_url"))
    if url := lake.text("slack_url"):
        found.append(SlackNotifier(url))
    if url := lake.text("smtp_url"):
        to = [one.strip() for one in lake.text("mail_to").split(",") if one.strip()]
        found.append(MailNotifier(url, lake.text("mail_from"), to))
    return found


@dataclass(frozen=True)
class Alarms:
    """What is wrong with one deployment, by key."""

    catalog: Catalog
    checks: Checks
    instigators: frozenset[str]

    def now(self, context: dg.SensorEvaluationContext) -> dict[str, Alarm]:
        found: dict[str, Alarm] = {}
        found |= self._checks(context.instance)
        found |= self._late(context.instance)
        found |= self._ticks(context)
        found |= self._runs(context.instance)
        found |= self._balance()
        return found

    def _checks(self, instance: dg.DagsterInstance) -> Iterator[tuple[str, Alarm]]:
        for key in self.checks.keys:
            record = instance.get_latest_asset_check_evaluation_record(key)
            if record is None or record.status is not AssetCheckExecutionRecordStatus.FAILED:
                continue
            evaluation = record.evaluation
            told = one_line((evaluation.description if evaluation is not None else None) or "see the check in Dagster")
            name = f"{key.name} of {key.asset_key.to_user_string()}"
            yield (
                f"check {name}",
                Alarm(
                    "check_failed",
                    f"{name} failed: {told}",
                    f"{name} passes again",
                    {"check": key.name, "asset": key.asset_key.to_user_string(), "run_id": record.run_id},
                ),
            )

    def _late(self, instance: dg.DagsterInstance) -> Iterator[tuple[str, Alarm]]:
        for name, (vendor, step) in self.catalog.steps.items():
            if step.hours is None or not self.catalog.deployment.accounts[vendor.name].has_key():
                continue
            last = instance.get_latest_materialization_event(self.catalog.keys[name])
            hours = (time.time() - last.timestamp) / 3600 if last is not None else 0.0
            if hours > step.hours * LATE_AFTER:
                yield (
                    f"late {name}",
                    Alarm(
                        "late",
                        f"{name} is late: {vendor.label} was last read to the end {hours:.0f} h ago",
                        f"{name} is up to date again",
                        {"table": name, "hours": round(hours, 1)},
                    ),
                )

    def _ticks(self, context: dg.SensorEvaluationContext) -> Iterator[tuple[str, Alarm]]:
        most = max(1, self.catalog.deployment.lake_resource.failed_ticks)
        origin = context.code_location_origin
        for state in context.instance.all_instigator_state():
            location = state.origin.repository_origin.code_location_origin
            if state.name not in self.instigators or (
                origin is not None and location.location_name != origin.location_name
            ):
                continue
            ticks = context.instance.get_ticks(
                state.instigator_origin_id,
                state.selector_id,
                limit=most,
                statuses=[TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE],
            )
            if len(ticks) == most and all(tick.status is TickStatus.FAILURE for tick in ticks):
                why = _reason(ticks[0].error)
                yield (
                    f"ticks {state.name}",
                    Alarm(
                        "ticks_failed",
                        f"{state.name} failed {most} times in a row: {why}",
                        f"{state.name} works again",
                        {"name": state.name},
                    ),
                )

    def _runs(self, instance: dg.DagsterInstance) -> Iterator[tuple[str, Alarm]]:
        """The newest run of each job and vendor; what a check says of a run is not said again."""
        tags = {HOME_TAG: self.catalog.deployment.home_id}
        seen = set()
        for run in instance.get_runs(dg.RunsFilter(statuses=_ENDED, tags=tags), limit=_RUNS_LOOKED_AT):
            provider = run.tags.get("sonitemi/provider", "")
            name = f"{run.job_name} of {provider}" if provider else run.job_name
            if name in seen:
                continue
            seen.add(name)
            if run.status is dg.DagsterRunStatus.FAILURE and TOLD_TAG not in run.tags:
                why = _why(instance, run.run_id)
                yield (
                    f"run {name}",
                    Alarm(
                        "run_failed",
                        f"{name} failed in run {run.run_id[:8]}: {why}",
                        f"{name} succeeds again",
                        {"job": run.job_name, "run_id": run.run_id, "trigger": _trigger(run)},
                    ),
                )

    def _balance(self) -> Iterator[tuple[str, Alarm]]:
        deployment, watch = self.catalog.deployment, self.catalog.deployment.settings().watch
        for vendor in deployment.vendors:
            if vendor.balance is None or not deployment.accounts[vendor.name].has_key():
                continue
            found = outlook(deployment.lake(), vendor.name)
            if found is not None and found.is_low(watch.low_balance, watch.low_balance_days):
                yield (
                    f"balance {vendor.name}",
                    Alarm(
                        "low_balance",
                        f"{found}: top up",
                        f"{vendor.label} has enough credit again",
                        {
                            "balance_usd": str(found.balance),
                            "days_left": found.days_left,
                            "burn_per_day_usd": found.burn_per_day,
                        },
                    ),
                )


def notices_sensor(catalog: Catalog, checks: Checks, instigators: Iterable[str]) -> dg.SensorDefinition:
    """Tells every channel what begins to be wrong and what is over.

    Args:
        instigators: names of the sensors and schedules whose failing ticks are told.
    """
    deployment = catalog.deployment
    alarms = Alarms(catalog, checks, frozenset(instigators))

    def tell(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        memory, current = load(context.cursor), alarms.now(context)
        new = notices(memory, current)
        try:
            channels = notifiers_of(deployment.lake_resource)
        except SettingsError as error:
            context.log.error(str(error))
            channels = [LogNotifier()]
        delivered, problems = deliver(memory, new, channels, time.time())
        for problem in problems:
            context.log.error(problem)
        sent = f"{len(new)} new, {delivered} messages sent to {len(channels)} channels"
        said = [f"{len(current)} wrong", sent if new or delivered else "nothing new to tell", *problems]
        return dg.SensorResult(skip_reason="; ".join(said), cursor=dump(memory))

    return dg.SensorDefinition(
        name=deployment.name("notices"),
        evaluation_fn=in_plain_words(tell),
        description="Tells of failing checks, late tables, failing ticks and runs, and low credit: once each, and once "
        "when it is over.",
        minimum_interval_seconds=30,
        default_status=deployment.start_sensors(),
    )


def one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_REASON]


def _reason(error: SerializableErrorInfo | None) -> str:
    """The innermost error in its own words, without the name of its class where it is ours."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "no reason given"
    name, colon, text = error.message.partition(": ")
    return one_line(text if colon and name.endswith(TickFailed.__name__) else error.message)


def _trigger(run: dg.DagsterRun) -> str:
    return run.tags.get("sonitemi/trigger") or run.tags.get("dagster/schedule_name") or "by hand"


def _why(instance: dg.DagsterInstance, run_id: str) -> str:
    """Why a run failed. Our failures are described in one line without secrets; of others only the kind is told."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        if event is None:
            continue
        failure = event.step_failure_data
        described = failure.user_failure_data.description if failure.user_failure_data is not None else None
        error = failure.error
        while error is not None and error.cause is not None:
            error = error.cause
        return one_line(described or (error.cls_name if error is not None else None) or "no reason given")
    return "it ended before its step did"


__all__ = ["Alarms", "Notice", "notices_sensor", "notifiers_of", "one_line"]
