"""The ledger of requests that cost money: the lake table `vendor_requests`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import getpass
import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.compaction import compact
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.lake.store import Lake

UNANSWERED = frozenset({"asked", "unknown"})
"""Statuses of requests that the vendor may have taken, although no answer says so."""

_WRITES_BETWEEN_COMPACTIONS = 50
"""Each request is a small file of its own, and each look at the ledger would soon open hundreds of them."""


@dataclass(frozen=True)
class Entry:
    """One row of `vendor_requests`; moments are naive UTC."""

    request_id: str
    provider: str
    operation: str
    request_hash: str
    subject: str
    status: str
    requested_by: str
    requested_at: dt.datetime
    sent_at: dt.datetime
    vendor_id: str | None = None
    error: str | None = None
    answered_at: dt.datetime | None = None
    run_id: str | None = None
    forced: bool = False
    known_before: Sequence[str] | None = None


class Ledger:
    """Reads and writes `vendor_requests`, in the name of one person and one run."""

    def __init__(self, lake: Lake, *, requested_by: str | None = None, run_id: str | None = None) -> None:
        """
        Args:
            requested_by: who asks; the user of the operating system by default.
            run_id: Dagster run that asks.
        """
        self.lake = lake
        self._requested_by = requested_by or _os_user()
        self._run_id = run_id
        self._writes = 0

    def earlier(self, request_hash: str) -> Entry | None:
        """The latest of the same requests that the vendor has, or may have."""
        found = [entry for entry in self._entries(pc.field("request_hash") == request_hash) if _counts(entry)]
        return max(found, key=lambda entry: entry.requested_at, default=None)

    def vendor_ids(self, provider: str) -> set[str]:
        """The vendor's ids that belong to a request known here."""
        entries = self._entries((pc.field("provider") == provider) & pc.field("vendor_id").is_valid())
        return {entry.vendor_id for entry in entries if entry.vendor_id is not None}

    def ask(
        self,
        provider: str,
        operation: str,
        request_hash: str,
        subject: str,
        *,
        forced: bool,
        known_before: list[str] | None = None,
    ) -> Entry:
        """Record that a request is about to be sent.

        Args:
            known_before: ids at the vendor that are not of this request.
        """
        now = utc_now()
        entry = Entry(
            request_id=uuid.uuid4().hex,
            provider=provider,
            operation=operation,
            request_hash=request_hash,
            subject=subject,
            status="asked",
            requested_by=self._requested_by,
            requested_at=now,
            sent_at=now,
            run_id=self._run_id,
            forced=forced,
            known_before=known_before,
        )
        return self._write(entry)

    def ask_again(self, entry: Entry) -> Entry:
        """Record that a request the vendor never got is about to be sent again, under its id."""
        again = dataclasses.replace(entry, status="asked", error=None, run_id=self._run_id, sent_at=utc_now())
        return self._write(again)

    def answer(self, entry: Entry, status: str, *, vendor_id: str | None = None, error: str | None = None) -> Entry:
        """Record what became of a request."""
        answered_at = None if status in UNANSWERED else utc_now()
        return self._write(
            dataclasses.replace(entry, status=status, vendor_id=vendor_id, error=error, answered_at=answered_at)
        )

    @contextmanager
    def alone(self, request_hash: str) -> Iterator[bool]:
        """While the block runs, no other process of this machine sends the same request.

        Gives False when one is sending it at this moment; the block must not send it then. The kernel ends the hold
        of a process that dies, so a request left 'asked' by such a process is not taken for one on its way.
        """
        # Some hundred locks for all requests, so that the lock folder does not grow with the ledger.
        name = f"request-{request_hash[:2]}"
        with ExitStack() as held:
            try:
                held.enter_context(self.lake.lock(name, patience=0))
            except LakeError:
                earlier = self.earlier(request_hash)
                if earlier is not None and earlier.status == "asked":
                    yield False
                    return
                held.enter_context(self.lake.lock(name))
            yield True

    def is_contested(self, entry: Entry) -> bool:
        """Whether another machine, which no lock of this one holds off, recorded the same request at the same time."""
        if self.lake.has_locks:
            return False
        same = self._entries(pc.field("request_hash") == entry.request_hash)
        return any(other.status == "asked" and other.request_id != entry.request_id for other in same)

    def _entries(self, filters: Any) -> list[Entry]:
        rows = self.lake.read(VENDOR_REQUESTS, filters=filters).to_pylist()
        # Early lakes did not tell when a request was sent last from when it was asked for.
        return [Entry(**{**row, "sent_at": row["sent_at"] or row["requested_at"]}) for row in rows]

    def _write(self, entry: Entry) -> Entry:
        rows = VENDOR_REQUESTS.from_rows([dataclasses.asdict(entry)])
        self.lake.put(VENDOR_REQUESTS, rows)
        self._writes += 1
        if self._writes % _WRITES_BETWEEN_COMPACTIONS == 0:
            compact(self.lake, VENDOR_REQUESTS)
        return entry


def hash_of(provider: str, operation: str, **what: Any) -> str:
    """The hash that two requests share when they ask for the same; options that are None were not given."""
    given = {name: value for name, value in what.items() if value is not None}
    return hashlib.sha256(json.dumps([provider, operation, given], sort_keys=True).encode()).hexdigest()


def _counts(entry: Entry) -> bool:
    return entry.status == "accepted" or entry.status in UNANSWERED


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return f"uid {os.getuid()}"
