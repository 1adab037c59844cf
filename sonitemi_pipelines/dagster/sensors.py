"""Sensors: what they find makes runs of `sync`, a few ids at a time, and nothing is asked for twice at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

import dagster as dg
import msgspec

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.dagster import abandoned_runs, automation, notifications
from sonitemi_pipelines.dagster.jobs import sync
from sonitemi_pipelines.dagster.notifications import NotifierResource
from sonitemi_pipelines.dagster.run_state import PROVIDERS, finished_runs, last_full_run, run_at_work
from sonitemi_pipelines.dagster.shared import NO_KEY
from sonitemi_pipelines.dagster.vendor_runs import LISTS, LISTS_OF_ALL, TASKS, run_over
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.vendors.sonix.poll_tasks import SonixTaskLooker
from sonitemi_pipelines.watch.balance import outlook
from sonitemi_pipelines.watch.config import WatchConfig
from sonitemi_pipelines.watch.cursor import dump, load
from sonitemi_pipelines.watch.decide import Request, decide
from sonitemi_pipelines.watch.inbox import MOST_EVENTS, findings_of, settled, translations_in
from sonitemi_pipelines.watch.look import IMPATIENT, SECONDS, look
from sonitemi_pipelines.watch.news import Budget
from sonitemi_pipelines.watch.notify import Notice
from sonitemi_pipelines.webhooks import Inbox, existing_inbox


def run_request(request: Request, provider: str, translations: Sequence[str] = ()) -> dg.RunRequest:
    """A `sync` run over the recordings that a request is about, or over the whole account."""
    return run_over(
        provider,
        (LISTS_OF_ALL if request.full else LISTS)[provider],
        run_key=request.run_key,
        tags=request.tags,
        ids=None if request.full else request.ids,
        translations=translations,
    )


def _busy(run_id: str) -> dg.SkipReason:
    return dg.SkipReason(f"run {run_id[:8]} reads this vendor; what is new is looked at when it has ended")


def _completion_sensor(provider: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{provider}_completion",
        job=sync,
        description=f"Asks {provider.capitalize()} what completed, failed, appeared or was edited since the lake was "
        "written, and requests one run for all of it.",
        minimum_interval_seconds=30,
        default_status=automation.SENSOR,
    )
    def completion(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        settings = Settings.from_env()
        client = VENDORS[provider].client(settings, **IMPATIENT)
        if client is None:
            return dg.SkipReason(NO_KEY.format(name=provider.upper()))
        if run_id := run_at_work(context.instance, provider):
            return _busy(run_id)
        now = time.time()
        cursor = load(context.cursor, now)
        findings = look(Lake.from_settings(settings), VENDORS[provider].looker(client), cursor, utc_now())
        for news in findings.news.values():
            if news.kind in ("failed", "blocked"):
                context.log.warning(f"{provider} {news.id} {news.kind} at the vendor")
        full_run = last_full_run(context.instance, provider)
        answer = decide(provider, context.sensor_name, findings, cursor, now=now, last_full_run=full_run)
        if isinstance(answer, str):
            return dg.SensorResult(skip_reason=answer, cursor=dump(cursor))
        context.log.info(f"{answer.tags['sonitemi/news']}; {findings.calls} calls")
        return dg.SensorResult(run_requests=[run_request(answer, provider)], cursor=dump(cursor))

    return completion


@dg.sensor(
    job=sync,
    description="Asks Sonix for translations and summaries still processing, a few each time.",
    minimum_interval_seconds=60,
    default_status=automation.SENSOR,
)
def sonix_summaries_completion(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    settings = Settings.from_env()
    client = VENDORS["sonix"].client(settings, **IMPATIENT)
    if client is None:
        return dg.SkipReason(NO_KEY.format(name="SONIX"))
    if run_id := run_at_work(context.instance, "sonix"):
        return _busy(run_id)
    now = time.time()
    cursor = load(context.cursor, now)
    # What is open is read from the lake every time, so there is no full run to owe.
    cursor.full_since = None
    looker = SonixTaskLooker(client)
    findings = looker.look(Lake.from_settings(settings), cursor, Budget(SECONDS))
    answer = decide("sonix", context.sensor_name, findings, cursor, now=now, last_full_run=None)
    if isinstance(answer, str):
        return dg.SensorResult(skip_reason=answer, cursor=dump(cursor))
    media = sorted({media_id for news in answer.news if (media_id := looker.recording_of(news.id)) is not None})
    asked = run_over("sonix", TASKS, run_key=answer.run_key, tags=answer.tags, ids=media)
    return dg.SensorResult(run_requests=[asked], cursor=dump(cursor))


@dg.sensor(
    job=sync,
    description="Turns webhook events into the runs that polling would have made, sooner. An event is done once a run "
    "that looked at its recording has succeeded, whatever made that run happen.",
    minimum_interval_seconds=5,
    default_status=automation.SENSOR,
)
def webhook_inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    path = existing_inbox()
    if path is None:
        return dg.SkipReason("there is no inbox; `sonitemi webhooks` makes it")
    settings = Settings.from_env()
    with Inbox(path) as inbox:
        # Each vendor by itself: events that wait for one vendor's key do not hide those of the other.
        pending = [event for provider in PROVIDERS for event in inbox.pending(MOST_EVENTS, provider)]
        done = set(settled(pending, finished_runs(context.instance))) if pending else set()
        inbox.done(done)
    events = [event for event in pending if event.event_id not in done]
    now = time.time()
    texts = _texts(context.cursor)
    requests, said = [], []
    for provider in PROVIDERS:
        findings = findings_of(events, provider)
        if not findings.news and findings.cut_short is None:
            # What was asked for is settled: the next event is news, not another try.
            texts.pop(provider, None)
        elif settings.vendor(provider).api_key is None:
            said.append(NO_KEY.format(name=provider.upper()))
        elif run_id := run_at_work(context.instance, provider):
            said.append(f"{provider}: {len(findings.news)} wait for run {run_id[:8]}")
        else:
            cursor = load(texts.get(provider), now)
            # The events themselves are the memory of what is owed.
            cursor.full_since = None
            answer = decide(provider, context.sensor_name, findings, cursor, now=now, last_full_run=None)
            texts[provider] = dump(cursor)
            if isinstance(answer, Request):
                told = translations_in(events, provider, None if answer.full else answer.ids)
                requests.append(run_request(answer, provider, told))
            else:
                said.append(f"{provider}: {answer}")
    if done:
        said.append(f"{len(done)} events done")
    skipped = None if requests else "; ".join(said) or "no event waits"
    return dg.SensorResult(run_requests=requests, skip_reason=skipped, cursor=msgspec.json.encode(texts).decode())


def _texts(cursor: str | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(cursor or "{}", type=dict[str, str])
    except msgspec.DecodeError:
        return {}


@dg.sensor(
    description="Tells the notifier once when the Temi balance gets low, and how many days are left.",
    minimum_interval_seconds=600,
    default_status=automation.SENSOR,
)
def temi_low_balance(
    context: dg.SensorEvaluationContext, notifier: NotifierResource
) -> dg.SensorResult | dg.SkipReason:
    settings, config = Settings.from_env(), WatchConfig.from_env()
    if settings.vendor("temi").api_key is None:
        return dg.SkipReason(NO_KEY.format(name="TEMI"))
    found = outlook(Lake.from_settings(settings), "temi")
    if found is None:
        return dg.SkipReason("the balance was not observed yet")
    if not found.is_low(config.low_balance, config.low_balance_days):
        return dg.SensorResult(skip_reason=str(found), cursor="enough")
    if context.cursor == "low":
        return dg.SensorResult(skip_reason=f"{found}; low, and told before", cursor="low")
    details = {
        "balance_usd": str(found.balance),
        "days_left": found.days_left,
        "burn_per_day_usd": found.burn_per_day,
    }
    problems = notifier.notify(Notice("low_balance", f"{found}: top up", details))
    # Not told is told again at the next tick.
    return dg.SensorResult(
        skip_reason="; ".join([f"{found}; low", *problems]), cursor=context.cursor if problems else "low"
    )


SENSORS = [
    *(_completion_sensor(provider) for provider in PROVIDERS),
    sonix_summaries_completion,
    webhook_inbox,
    temi_low_balance,
    *abandoned_runs.SENSORS,
    *notifications.SENSORS,
]
