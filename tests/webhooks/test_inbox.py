"""If these fail, an event that was accepted is lost, handled for ever, or kept from another process."""

from __future__ import annotations

import datetime as dt
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.webhooks import Delivery, Inbox, InboxError

HOUR = dt.timedelta(hours=1)


def delivery(
    number: int, *, at: dt.datetime | None = None, recording_id: str | None = "m", signed: bool = False
) -> Delivery:
    named = None if recording_id is None else f"{recording_id}{number}"
    body = b'{"id": "%d"}' % number
    return Delivery(
        provider="sonix",
        recording_id=named,
        kind="status_change",
        received_at=at or utc_now(),
        language="es" if number == 3 else None,
        signed=signed,
        body=body,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox" / "webhooks.sqlite"


def test_events_come_back_oldest_first_as_they_were_put(path: Path) -> None:
    sent = [delivery(number) for number in (3, 1, 2)]
    with Inbox(path) as inbox:
        assert [inbox.put(one) for one in sent] == ["stored"] * 3
    with Inbox(path) as inbox:
        events = inbox.pending()
        assert [event.event_id for event in events] == [1, 2, 3]
        for event, one in zip(events, sent, strict=True):
            assert (event.provider, event.recording_id, event.kind) == (one.provider, one.recording_id, one.kind)
            assert event.language == one.language
            assert (event.received_at, event.digest, event.body) == (one.received_at, one.digest, one.body)
        assert inbox.pending(limit=2) == events[:2]


def test_an_event_whose_handler_crashed_comes_back_until_it_is_done(path: Path) -> None:
    with Inbox(path) as inbox:
        inbox.put_many([delivery(1), delivery(2)])
        first = inbox.pending()
    with Inbox(path) as inbox:
        assert inbox.pending() == first
        inbox.done([first[0].event_id])
        inbox.done([first[0].event_id])
        assert inbox.pending() == first[1:]
        counts = inbox.counts()
        assert (counts.pending, counts.done, counts.oldest_pending_at) == (1, 1, first[1].received_at)


def test_a_repetition_within_the_window_is_no_second_event_even_after_the_first_is_done(path: Path) -> None:
    now = utc_now()
    with Inbox(path) as inbox:
        assert inbox.put_many([delivery(1, at=now), delivery(1, at=now), delivery(2, at=now)]) == [
            "stored",
            "duplicate",
            "stored",
        ]
        inbox.done([1])
        assert inbox.put(delivery(1, at=now + HOUR - dt.timedelta(seconds=1))) == "duplicate"
        assert inbox.put(delivery(1, at=now + HOUR)) == "stored"
        assert inbox.put(delivery(1, at=now + HOUR)) == "duplicate"


def test_a_signed_event_that_comes_again_after_the_window_is_a_replay_however_old_it_is(path: Path) -> None:
    """Its sender had our answer long ago: whoever sends it again has recorded it."""
    old = utc_now() - 1000 * HOUR
    with Inbox(path) as inbox:
        assert inbox.put(delivery(1, at=old, signed=True)) == "stored"
        assert inbox.put(delivery(1, at=old + HOUR / 2, signed=True)) == "duplicate"
        assert inbox.put(delivery(1, at=old + HOUR, signed=True)) == "replayed"
        inbox.done([1])
        assert inbox.prune(HOUR) == 1
        assert inbox.put(delivery(1, signed=True)) == "replayed", "pruning must not make room for a replay"
        assert inbox.put(delivery(1)) == "stored", "a callback with the URL secret says nothing of when it was made"
        assert inbox.put(delivery(2, signed=True)) == "stored"
        assert [event.signed for event in inbox.pending()] == [False, True]


def test_events_that_name_no_recording_are_recognised_as_repetitions_too(path: Path) -> None:
    with Inbox(path) as inbox:
        assert inbox.put(delivery(1, recording_id=None)) == "stored"
        assert inbox.put(delivery(1, recording_id=None)) == "duplicate"
        assert inbox.pending()[0].recording_id is None


def test_the_same_body_about_another_recording_or_vendor_is_an_event_of_its_own(path: Path) -> None:
    one = delivery(1)
    for provider, recording_id in (("sonix", "m1"), ("sonix", "other"), ("temi", "m1")):
        other = Delivery(
            provider=provider, recording_id=recording_id, kind="unknown", received_at=one.received_at, body=one.body
        )
        with Inbox(path) as inbox:
            assert inbox.put(other) == "stored"


def test_prune_frees_old_done_events_and_never_a_pending_one(path: Path) -> None:
    old = utc_now() - 100 * HOUR
    with Inbox(path) as inbox:
        inbox.put_many([delivery(1, at=old), delivery(2, at=old), delivery(3)])
        inbox.done([1, 3])
        assert inbox.prune(50 * HOUR) == 1
        assert [event.event_id for event in inbox.pending()] == [2]
        assert inbox.prune(dt.timedelta(0)) == 0, "the memory against repetitions outlasts any prune"
        assert inbox.put(delivery(4)) == "stored"
        assert inbox.pending()[-1].event_id == 4, "an id is never used twice"


def test_a_group_that_fails_stores_nothing_of_itself(path: Path) -> None:
    broken = delivery(2)
    object.__setattr__(broken, "provider", None)
    with Inbox(path) as inbox:
        with pytest.raises(InboxError, match="cannot be written"):
            inbox.put_many([delivery(1), broken])
        assert inbox.pending() == []
        assert inbox.put(delivery(1)) == "stored", "the inbox works on after a failure"


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    with Inbox(path) as inbox:
        inbox.put(delivery(1))
        for file in (path, path.with_name(path.name + "-wal")):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_body_is_never_in_a_repr(path: Path) -> None:
    with Inbox(path) as inbox:
        inbox.put(delivery(1))
        assert "body" not in repr(inbox.pending()[0])


def test_a_damaged_or_newer_file_is_one_clear_error(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(InboxError, match=r"webhooks\.sqlite cannot be opened.*move the file aside"):
        Inbox(path)
    path.unlink()
    Inbox(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InboxError, match="version 99"):
        Inbox(path)


def test_an_object_store_home_asks_for_a_local_path() -> None:
    env = {"SONITEMI_HOME": "s3://bucket/x", "SONITEMI_WAREHOUSE": "/tmp/w.duckdb"}
    with pytest.raises(SettingsError, match="SONITEMI_WEBHOOK_INBOX"):
        Settings.from_env(env).webhooks.inbox_path()
    named = Settings.from_env(env | {"SONITEMI_WEBHOOK_INBOX": "/var/x/inbox.sqlite"})
    assert named.webhooks.inbox_path() == Path("/var/x/inbox.sqlite")
    with pytest.raises(SettingsError, match="is a URL"):
        Settings.from_env({"SONITEMI_WEBHOOK_INBOX": "s3://bucket/inbox.sqlite"})


_WRITE = """
import sys
from sonitemi_pipelines.webhooks import Delivery, Inbox
from sonitemi_pipelines.clock import utc_now
path, first = sys.argv[1], int(sys.argv[2])
with Inbox(path) as inbox:
    for index in range(50):
        for recording_id in (f"m{first + index}", f"shared{index}"):
            body = recording_id.encode()
            inbox.put(Delivery(
                provider="temi", recording_id=recording_id, kind="unknown", received_at=utc_now(), body=body
            ))
"""


def test_four_writers_and_a_reader_in_five_processes_lose_and_double_nothing(path: Path) -> None:
    """The receiver writes while the sensor reads and marks; the first opens of a new file race as well."""
    writers = [subprocess.Popen([sys.executable, "-c", _WRITE, str(path), str(50 * writer)]) for writer in range(4)]
    handled: list[str | None] = []
    running = True
    with Inbox(path) as inbox:
        while running or inbox.counts().pending:
            running = any(process.poll() is None for process in writers)
            events = inbox.pending(7)
            inbox.done(event.event_id for event in events)
            handled += [event.recording_id for event in events]
    for process in writers:
        assert process.wait(30) == 0
    assert len(handled) == len(set(handled))
    assert set(handled) == {f"m{number}" for number in range(200)} | {f"shared{number}" for number in range(50)}
