"""The durable inbox: what the receiver was told and nobody has looked into yet. One SQLite file on a local disk."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.lake.private import make_private
from sonitemi_pipelines.settings.webhooks import DEDUP_WINDOW, WebhookSettings
from sonitemi_pipelines.webhooks.events import Delivery, Event, Receipt

_VERSION = 2
_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL,
    recording_id TEXT,
    kind TEXT NOT NULL,
    language TEXT,
    received_us INTEGER NOT NULL,
    signed INTEGER NOT NULL,
    digest TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS events_pending ON events (event_id) WHERE done = 0;
CREATE INDEX IF NOT EXISTS events_repeated ON events (digest, received_us);
CREATE TABLE IF NOT EXISTS spent (digest TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_PUT = """
INSERT INTO events (provider, recording_id, kind, language, received_us, signed, digest, body)
SELECT :provider, :recording_id, :kind, :language, :received_us, :signed, :digest, :body
WHERE NOT EXISTS (
    SELECT 1 FROM events
    WHERE digest = :digest AND (:signed OR received_us > :received_us - :window_us)
      AND provider = :provider AND recording_id IS :recording_id
) AND NOT (:signed AND EXISTS (SELECT 1 FROM spent WHERE digest = :digest))
"""
_IS_RECENT = "SELECT 1 FROM events WHERE digest = :digest AND received_us > :received_us - :window_us"
_EPOCH = dt.datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)


class InboxError(SonitemiError):
    """The webhook inbox cannot be opened, read or written."""


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Events by state; `oldest_pending_at` (naive UTC) is None when nothing waits."""

    pending: int
    done: int
    oldest_pending_at: dt.datetime | None


def existing_inbox(settings: WebhookSettings) -> Path | None:
    """Where the inbox is; None when nobody made one, or when there is no local disk named for it."""
    return settings.inbox if settings.inbox is not None and settings.inbox.exists() else None


class Inbox:
    """Durable, de-duplicated queue of deliveries; several processes and threads may use one file at once.

    Reading claims nothing: an event is pending until `done` is called for it, so one whose handler crashed comes
    back by itself, and two handlers at once may see the same event.

    Args:
        path: on a local disk (SQLite's WAL does not work on network file systems); made, readable by its owner
            alone, when it is absent.
        dedup_window: see `DEDUP_WINDOW`.

    Raises:
        InboxError: by every method, when the file cannot be read or written.
    """

    def __init__(self, path: Path | str, *, dedup_window: dt.timedelta = DEDUP_WINDOW) -> None:
        self.path = Path(path)
        self._window = dedup_window
        # Two connections, so that reading goes on while a write waits for another process's.
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        with self._errors("opened"):
            self._writing = self._open()
            self._reading = self._connect()

    def __repr__(self) -> str:
        return f"Inbox({str(self.path)!r})"

    def __enter__(self) -> Inbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._write_lock, self._read_lock:
            self._reading.close()
            self._writing.close()

    def put(self, delivery: Delivery) -> Receipt:
        """Store one delivery and return once it is on disk, unless it repeats one."""
        return self.put_many([delivery])[0]

    def put_many(self, deliveries: Sequence[Delivery]) -> list[Receipt]:
        """Store several for the price of one fsync: all or, on an error, none. Answers as `put`, in order."""
        with self._errors("written"), self._transaction() as connection:
            return [self._put(connection, delivery) for delivery in deliveries]

    def _put(self, connection: sqlite3.Connection, delivery: Delivery) -> Receipt:
        values = {
            "provider": delivery.provider,
            "recording_id": delivery.recording_id,
            "kind": delivery.kind,
            "language": delivery.language,
            "received_us": _to_us(delivery.received_at),
            "signed": delivery.signed,
            "digest": delivery.digest,
            "body": delivery.body,
            "window_us": self._window // _MICROSECOND,
        }
        if connection.execute(_PUT, values).rowcount == 1:
            return "stored"
        is_recent = connection.execute(_IS_RECENT, values).fetchone() is not None
        return "duplicate" if is_recent else "replayed"

    def pending(self, limit: int = 100, provider: str | None = None) -> list[Event]:
        """The oldest events not done, of one vendor or of all, at most `limit`; with their bodies, so the limit bounds
        memory.
        """
        with self._errors("read"), self._read_lock:
            rows = self._reading.execute(
                "SELECT event_id, provider, recording_id, kind, language, received_us, signed, body FROM events "
                "WHERE done = 0 AND provider = coalesce(?, provider) ORDER BY event_id LIMIT ?",
                (provider, limit),
            ).fetchall()
        return [
            Event(
                event_id=event_id,
                provider=provider,
                recording_id=recording_id,
                kind=kind,
                language=language,
                received_at=_from_us(received_us),
                signed=bool(signed),
                body=body,
            )
            for event_id, provider, recording_id, kind, language, received_us, signed, body in rows
        ]

    def done(self, ids: Iterable[int]) -> None:
        """Mark events as looked into. They stay as memory against repetitions until `prune`."""
        with self._errors("written"), self._transaction() as connection:
            connection.executemany("UPDATE events SET done = 1 WHERE event_id = ?", ((event_id,) for event_id in ids))

    def counts(self) -> InboxCounts:
        """How many events wait and how many are done."""
        with self._errors("read"), self._read_lock:
            pending, done, oldest = self._reading.execute(
                "SELECT count(*) FILTER (WHERE done = 0), count(*) FILTER (WHERE done = 1), "
                "min(received_us) FILTER (WHERE done = 0) FROM events"
            ).fetchone()
        return InboxCounts(pending, done, None if oldest is None else _from_us(oldest))

    def prune(self, older_than: dt.timedelta) -> int:
        """Delete done events received longer ago than this and than the window; how many. Pending ones always stay,
        and of signed ones the digest does, so that a replay is known for ever.
        """
        before = {"before": _to_us(utc_now() - max(older_than, self._window))}
        old = "FROM events WHERE done = 1 AND received_us < :before"
        with self._errors("written"), self._transaction() as connection:
            connection.execute(f"INSERT OR IGNORE INTO spent SELECT digest {old} AND signed", before)
            return connection.execute(f"DELETE {old}", before).rowcount

    def forget(self, provider: str, recording_id: str) -> int:
        """Delete every event about a recording, overwriting it in the file; how many. An event that names no recording
        in a place we know is about this one when its body holds the id.
        """
        with self._errors("written"):
            with self._transaction() as connection:
                connection.execute("PRAGMA secure_delete = ON")
                found = connection.execute(
                    "DELETE FROM events WHERE provider = ?1 AND (recording_id = ?2 OR "
                    "(recording_id IS NULL AND instr(body, CAST(?2 AS BLOB)) > 0))",
                    (provider, recording_id),
                ).rowcount
            with self._write_lock:
                self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return found

    def _open(self) -> sqlite3.Connection:
        make_private(self.path.parent)
        # The switch to WAL does not wait for other openers as everything else does.
        with FileLock(self.path.with_name(self.path.name + ".lock"), timeout=_BUSY_SECONDS, mode=0o600):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = self._connect()
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version not in (0, _VERSION):
                    raise InboxError(
                        f"webhook inbox {self.path} is of version {version} and this package knows {_VERSION}; use "
                        "the release that wrote it, or move the file aside: the next sync finds what it held"
                    )
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
            except BaseException:
                connection.close()
                raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock:
            self._writing.execute("BEGIN IMMEDIATE")
            try:
                yield self._writing
                self._writing.execute("COMMIT")
            except BaseException:
                if self._writing.in_transaction:
                    self._writing.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _errors(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise InboxError(
                f"webhook inbox {self.path} cannot be {verb}: {error}; check the disk, or move the file aside: "
                "the next sync finds what it held"
            ) from error


def _to_us(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _from_us(microseconds: int) -> dt.datetime:
    return _EPOCH + microseconds * _MICROSECOND
