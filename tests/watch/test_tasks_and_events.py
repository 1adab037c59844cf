"""Translations and summaries still processing, webhook events, the balance, and notices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.lists import sync_folders, sync_media
from sonitemi_pipelines.vendors.sonix.poll_tasks import SonixTaskLooker
from sonitemi_pipelines.vendors.sonix.tables import SONIX_TRANSLATIONS
from sonitemi_pipelines.vendors.sonix.tasks import refresh_translations, sync_batch_summaries
from sonitemi_pipelines.vendors.temi.tables import TEMI_ACCOUNT_BALANCE
from sonitemi_pipelines.watch.backlog import ended_without_transcript, waiting
from sonitemi_pipelines.watch.balance import outlook
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.inbox import FinishedRun, findings_of, settled, translations_in
from sonitemi_pipelines.watch.news import Budget
from sonitemi_pipelines.watch.notify import HttpNotifier
from sonitemi_pipelines.webhooks import Event

NOON = dt.datetime(2026, 3, 1, 12)


@pytest.fixture
def lake(home: Path) -> Lake:
    return Lake.from_settings(Settings.from_env({"SONITEMI_HOME": str(home)}))


def test_tasks_still_processing_are_asked_for_in_turn_and_news_once_they_end(home: Path) -> None:
    """A translation or a batch of summaries arrives without waiting for the hourly run."""
    with Sandbox(seed=2, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2), task_seconds=None).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        lake, client = Lake.from_settings(settings), SonixClient.from_settings(settings)
        media = sandbox.add_sonix(8)
        folder = next(folder.id for folder in client.folders.list() if folder.name != "root")
        sandbox.add_sonix(1, folder_id=folder)
        for id_ in media:
            client.translations.create(id_, language="es")
        batch = client.batch_summarizations.create(folder, prompt="What was decided?")
        rows = [{"media_id": id_, "language": "es", "status": "processing"} for id_ in media]
        lake.append(SONIX_TRANSLATIONS, SONIX_TRANSLATIONS.from_rows(rows))
        sync_folders(lake, client)
        sync_media(lake, client, Scope(), in_flight=4)
        sync_batch_summaries(lake, client, in_flight=4)

        looker, cursor = SonixTaskLooker(client), Cursor(born_at=0)
        for _ in range(2):
            found = looker.look(lake, cursor, Budget(20))
            cursor.last_looked_up = found.last_looked_up
            assert (found.open, found.calls, found.news) == (9, 6, {})
        for task_id in list(sandbox.vendors.sonix.tasks):
            sandbox.complete_task(task_id)
        news: dict[str, str] = {}
        for _ in range(2):
            found = looker.look(lake, cursor, Budget(20))
            cursor.last_looked_up = found.last_looked_up
            news |= {item.id: item.state for item in found.news.values()}
        assert news == {f"translation {id_} es": "completed" for id_ in media} | {f"batch {batch.id}": "completed"}
        assert {looker.recording_of(id_) for id_ in news} == {*media, None}
        refresh_translations(lake, client)
        sync_batch_summaries(lake, client, in_flight=4)
        assert looker.look(lake, cursor, Budget(20)).open == 0


def event(
    event_id: int, recording_id: str | None, minute: int, provider: str = "sonix", language: str | None = None
) -> Event:
    return Event(
        event_id=event_id,
        provider=provider,
        recording_id=recording_id,
        kind="status_change" if language is None else "translation_finished",
        language=language,
        received_at=NOON + dt.timedelta(minutes=minute),
        body=b"{}",
    )


def test_events_are_settled_by_any_run_that_looked_at_their_recording_after_they_came() -> None:
    """An event and a poll for the same completion make one ingestion, and no event is dropped for a run before it."""
    events = [event(1, "a", 0), event(2, "b", 0), event(3, "a", 9), event(4, None, 0), event(5, "a", 0, "temi")]
    by_id = FinishedRun("sonix", NOON + dt.timedelta(minutes=5), frozenset({"a"}))
    assert settled(events, [by_id]) == [1]
    full = FinishedRun("sonix", NOON + dt.timedelta(minutes=5), None)
    assert settled(events, [full]) == [1, 2, 4]
    assert settled(events, [FinishedRun("sonix", NOON - dt.timedelta(minutes=5), None)]) == []


def test_a_translation_told_of_is_settled_only_by_a_run_that_asked_for_it() -> None:
    """Any other run of its media has not looked at it, for Sonix lists no translations."""
    told = [event(1, "a", 0, language="es"), event(2, "b", 0, language="fr"), event(3, "a", 0)]
    later = NOON + dt.timedelta(minutes=5)
    assert settled(told, [FinishedRun("sonix", later, None)]) == [3]
    assert settled(told, [FinishedRun("sonix", later, frozenset({"a"}), frozenset({"a/es"}))]) == [1, 3]
    assert translations_in(told, "sonix", None) == ["a/es", "b/fr"]
    assert translations_in(told, "sonix", ["b"]) == ["b/fr"]


def test_several_events_of_a_recording_are_one_news_and_one_without_a_name_asks_for_everything() -> None:
    events = [event(1, "a", 0), event(2, "a", 1), event(3, "b", 1), event(4, "x", 1, "temi")]
    found = findings_of(events, "sonix")
    assert {news.id: news.state for news in found.news.values()} == {"a": "event 2", "b": "event 3"}
    assert found.cut_short is None
    assert findings_of([*events, event(9, None, 2)], "sonix").cut_short == "webhook event 9 names no recording"


def test_the_balance_outlook_says_how_many_days_are_left(lake: Lake) -> None:
    """An operator tops up before jobs fail for want of credit."""
    assert outlook(lake, "temi") is None
    start = utc_now().replace(hour=12, minute=0, second=0, microsecond=0) - dt.timedelta(days=4)
    rows = [{"observed_at": start + dt.timedelta(days=day), "balance": Decimal(100 - 20 * day)} for day in range(5)]
    lake.append(TEMI_ACCOUNT_BALANCE, TEMI_ACCOUNT_BALANCE.from_rows(rows))
    refresh(lake, {"balance_forecast"})
    found = outlook(lake, "temi")
    assert found is not None
    assert str(found) == "Temi balance 20.00 USD, 1.0 days left at 20.00 USD a day"
    assert found.is_low(None, Decimal(3))
    assert not found.is_low(None, Decimal("0.5"))
    assert found.is_low(Decimal(25), Decimal(0))
    assert not found.is_low(Decimal(20), Decimal(0))


def test_the_backlog_tells_what_waits_since_when_and_what_ended_without_a_transcript(home: Path) -> None:
    with Sandbox(seed=2, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        lake, client = Lake.from_settings(settings), SonixClient.from_settings(settings)
        now = utc_now()
        [slow] = sandbox.add_sonix(status="transcribing", at=now - dt.timedelta(hours=30))
        [odd] = sandbox.add_sonix(status="needs_review", at=now - dt.timedelta(hours=2))
        [failed] = sandbox.add_sonix(status="failed")
        [blocked] = sandbox.add_sonix(status="blocked")
        sync_media(lake, client, Scope(), in_flight=4)
        refresh(lake, {"backlog", "recordings"})
        found = waiting(lake, now)
        assert [(row.recording_id, row.waits_for, round(row.hours)) for row in found] == [
            (slow, "vendor", 30),
            (odd, "vendor", 2),
        ]
        assert ended_without_transcript(lake) == {"sonix failed": [failed], "sonix blocked": [blocked]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SONITEMI_LOW_BALANCE", "cheap"),
        ("SONITEMI_LOW_BALANCE", "nan"),
        ("SONITEMI_LOW_BALANCE_DAYS", "-1"),
        ("SONITEMI_VACUUM_DAYS", "0.5"),
        ("SONITEMI_BACKLOG_HOURS", "inf"),
    ],
)
def test_a_malformed_threshold_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}={value} is not a number from [01] to [0-9]+"):
        Settings.from_env({name: value})


def test_a_notify_url_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError, match="SONITEMI_NOTIFY_URL is not") as error:
        HttpNotifier("hooks.example.com/s3cret")
    assert "s3cret" not in str(error.value)
