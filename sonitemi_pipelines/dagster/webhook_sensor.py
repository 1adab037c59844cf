"""The sensor that turns webhook events into runs."""

from __future__ import annotations

import time

import dagster as dg
import msgspec

from sonitemi_pipelines.dagster.sensors import CompletionSensors, in_plain_words
from sonitemi_pipelines.watch.cursor import dump, load
from sonitemi_pipelines.watch.decide import Request, decide
from sonitemi_pipelines.watch.inbox import MOST_EVENTS, findings_of, settled, translations_in
from sonitemi_pipelines.webhooks import Inbox, existing_inbox


def webhook_inbox_sensor(sensors: CompletionSensors) -> dg.SensorDefinition:
    """Turns events into the runs that polling would have made, sooner."""
    catalog = sensors.runs.catalog
    deployment, run_state = catalog.deployment, catalog.run_state
    vendors = deployment.vendors

    def webhook_inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        path = existing_inbox(deployment.settings().webhooks)
        if path is None:
            return dg.SkipReason("there is no inbox; `sonitemi webhooks` makes it")
        with Inbox(path) as inbox:
            # Each vendor by itself: events that wait for one vendor's key do not hide those of the other.
            pending = [event for vendor in vendors for event in inbox.pending(MOST_EVENTS, vendor.name)]
            finished = run_state.finished(context.instance, deployment.accounts) if pending else []
            done = set(settled(pending, finished))
            inbox.done(done)
        events = [event for event in pending if event.event_id not in done]
        now = time.time()
        texts = _texts(context.cursor)
        requests, said = [], []
        for vendor in vendors:
            provider = vendor.name
            findings = findings_of(events, provider)
            if not findings.news and findings.cut_short is None:
                # What was asked for is settled: the next event is news, not another try.
                texts.pop(provider, None)
            elif not deployment.accounts[provider].has_key():
                said.append(deployment.no_key(provider))
            elif run_id := run_state.at_work(context.instance, provider):
                said.append(f"{provider}: {len(findings.news)} wait for run {run_id[:8]}")
            else:
                cursor = load(texts.get(provider), now)
                # The events themselves are the memory of what is owed.
                cursor.full_since = None
                answer = decide(provider, context.sensor_name, findings, cursor, now=now, last_full_run=None)
                texts[provider] = dump(cursor)
                if isinstance(answer, Request):
                    told = translations_in(events, provider, None if answer.full else answer.ids)
                    requests.append(sensors.request(vendor, answer, told if vendor.translates else ()))
                else:
                    said.append(f"{provider}: {answer}")
        if done:
            said.append(f"{len(done)} events done")
        skipped = None if requests else "; ".join(said) or "no event waits"
        return dg.SensorResult(run_requests=requests, skip_reason=skipped, cursor=msgspec.json.encode(texts).decode())

    return dg.SensorDefinition(
        name=deployment.name("webhook_inbox"),
        evaluation_fn=in_plain_words(webhook_inbox),
        job_name=deployment.name("sync"),
        description="Requests a sync run for webhook events, earlier than polling would. An event is done once any run "
        "that read its recording has ended.",
        minimum_interval_seconds=5,
        default_status=deployment.start_sensors(),
    )


def _texts(cursor: str | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(cursor or "{}", type=dict[str, str])
    except msgspec.DecodeError:
        return {}
