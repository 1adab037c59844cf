"""Sensors: what they find makes runs of `sync`, a few ids at a time, and nothing is asked for twice at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dagster as dg

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.dagster.vendor_runs import VendorRuns
from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.vendors import Vendor
from sonitemi_pipelines.watch.cursor import dump, load
from sonitemi_pipelines.watch.decide import Request, decide
from sonitemi_pipelines.watch.look import IMPATIENT, SECONDS, look
from sonitemi_pipelines.watch.looker import TaskLooker
from sonitemi_pipelines.watch.news import Budget

Evaluation = Callable[[dg.SensorEvaluationContext], dg.SensorResult | dg.SkipReason]


@dataclass(frozen=True)
class CompletionSensors:
    """The sensors that ask vendors for news."""

    runs: VendorRuns

    def all(self) -> list[dg.SensorDefinition]:
        """One for each vendor, and one for what a vendor works on besides transcripts."""
        found = [self._recordings(vendor) for vendor in self.runs.catalog.deployment.vendors]
        for vendor in self.runs.catalog.deployment.vendors:
            if vendor.task_looker is not None:
                found.append(self._tasks(vendor, vendor.task_looker))
        return found

    def request(self, vendor: Vendor, request: Request, translations: Sequence[str] = ()) -> dg.RunRequest:
        """A `sync` run over the recordings that a request is about, or over the whole account."""
        return self.runs.over(
            vendor,
            self.runs.of_recordings(vendor, everything=request.full),
            run_key=request.run_key,
            tags=request.tags,
            ids=None if request.full else request.ids,
            translations=translations,
        )

    def _recordings(self, vendor: Vendor) -> dg.SensorDefinition:
        deployment, run_state = self.runs.catalog.deployment, self.runs.catalog.run_state

        def completion(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
            client = deployment.client(vendor.name, **IMPATIENT)
            if client is None:
                return dg.SkipReason(deployment.no_key(vendor.name))
            if run_id := run_state.at_work(context.instance, vendor.name):
                return busy(run_id)
            now = time.time()
            cursor = load(context.cursor, now)
            findings = look(deployment.lake(), vendor.looker(client), cursor, utc_now())
            for news in findings.news.values():
                if news.kind in ("failed", "blocked"):
                    context.log.warning(f"{vendor.name} {news.id} {news.kind} at the vendor")
            full_run = run_state.last_full(context.instance, vendor.name)
            answer = decide(vendor.name, context.sensor_name, findings, cursor, now=now, last_full_run=full_run)
            if isinstance(answer, str):
                return dg.SensorResult(skip_reason=answer, cursor=dump(cursor))
            context.log.info(f"{answer.tags['sonitemi/news']}; {findings.calls} calls")
            return dg.SensorResult(run_requests=[self.request(vendor, answer)], cursor=dump(cursor))

        return self._sensor(
            f"{vendor.name}_completion",
            completion,
            description=f"Detects {vendor.label} recordings that completed, failed, appeared or were edited, and "
            "requests one run for all of them.",
            seconds=30,
        )

    def _tasks(self, vendor: Vendor, task_looker: Callable[[object], TaskLooker]) -> dg.SensorDefinition:
        deployment, run_state = self.runs.catalog.deployment, self.runs.catalog.run_state

        def tasks_completion(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
            client = deployment.client(vendor.name, **IMPATIENT)
            if client is None:
                return dg.SkipReason(deployment.no_key(vendor.name))
            if run_id := run_state.at_work(context.instance, vendor.name):
                return busy(run_id)
            now, looker = time.time(), task_looker(client)
            cursor = load(context.cursor, now)
            # What is open is read from the lake every time, so there is no full run to owe.
            cursor.full_since = None
            findings = looker.look(deployment.lake(), cursor, Budget(SECONDS))
            answer = decide(vendor.name, context.sensor_name, findings, cursor, now=now, last_full_run=None)
            if isinstance(answer, str):
                return dg.SensorResult(skip_reason=answer, cursor=dump(cursor))
            ids = {id_ for news in answer.news if (id_ := looker.recording_of(news.id)) is not None}
            tables = [table.name for table in looker.tables]
            asked = self.runs.over(vendor, tables, run_key=answer.run_key, tags=answer.tags, ids=sorted(ids))
            return dg.SensorResult(run_requests=[asked], cursor=dump(cursor))

        looker = task_looker(None)
        return self._sensor(
            looker.name,
            tasks_completion,
            description=f"Checks {vendor.label} {looker.what} that are still processing, a few per tick.",
            seconds=60,
        )

    def _sensor(self, name: str, evaluate: Evaluation, *, description: str, seconds: int) -> dg.SensorDefinition:
        deployment = self.runs.catalog.deployment
        return dg.SensorDefinition(
            name=deployment.name(name),
            evaluation_fn=in_plain_words(evaluate),
            job_name=deployment.name("sync"),
            description=description,
            minimum_interval_seconds=seconds,
            default_status=deployment.start_sensors(),
        )


def busy(run_id: str) -> dg.SkipReason:
    return dg.SkipReason(f"run {run_id[:8]} reads this vendor; what is new is looked at when it has ended")


class TickFailed(Exception):
    """A tick that failed for a reason that stands in one line."""


def in_plain_words(evaluate: Evaluation) -> Evaluation:
    """The same; a failure of ours is one line in the tick, without the errors behind it."""

    def evaluated(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            found = evaluate(context)
        except SonitemiError as error:
            raise TickFailed(str(error)) from None
        return found

    return evaluated
