"""What was asked of the sandbox: counts by operation and id, revisions served, the last requests as received."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field

from sonitemi_pipelines.sandbox.calls import Call, Upload

_KEPT_REQUESTS = 5000


@dataclass
class ReceivedRequest:
    """One request as it came over the wire; `status` is None while unanswered or when the connection was cut."""

    operation: str
    id: str | None
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str] = field(repr=False)
    body_size: int
    form: list[tuple[str, str]]
    files: dict[str, Upload]
    json: object
    status: int | None = None


class Traffic:
    """Counters; safe to read while requests run. A call counts when it arrives, whatever it is answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: Counter[tuple[str, str | None]] = Counter()
        self._arrivals: Counter[str] = Counter()
        self._answered: Counter[tuple[str, str | None]] = Counter()
        self._served: Counter[tuple[str, str, str, str]] = Counter()
        self.requests: deque[ReceivedRequest] = deque(maxlen=_KEPT_REQUESTS)

    def arrived(self, operation: str, record_id: str | None, call: Call) -> tuple[ReceivedRequest, int]:
        """Count a call; returns its record and how many calls of this operation there were with it."""
        request = ReceivedRequest(
            operation,
            record_id,
            call.method,
            call.path,
            call.query,
            dict(call.headers),
            call.body_size,
            call.form,
            call.files,
            call.json,
        )
        with self._lock:
            self._received[operation, record_id] += 1
            self.requests.append(request)
            self._arrivals[operation] += 1
            return request, self._arrivals[operation]

    def answered(self, request: ReceivedRequest, status: int) -> None:
        request.status = status
        if status < 400:
            with self._lock:
                self._answered[request.operation, request.id] += 1

    def served(self, provider: str, record_id: str, variant: str, revision: str) -> None:
        with self._lock:
            self._served[provider, record_id, variant, revision] += 1

    def counts(self, *, ok: bool = False) -> dict[str, int]:
        """Calls by operation; `ok`: only those answered below 400."""
        totals: Counter[str] = Counter()
        with self._lock:
            for (operation, _), number in (self._answered if ok else self._received).items():
                totals[operation] += number
        return dict(totals)

    def counts_by_id(self, operation: str, *, ok: bool = False) -> dict[str, int]:
        with self._lock:
            counted = self._answered if ok else self._received
            return {
                record_id: n for (name, record_id), n in counted.items() if name == operation and record_id is not None
            }

    def served_revisions(self) -> dict[tuple[str, str, str, str], int]:
        """How often each (provider, id, variant, sha256) left the sandbox whole as transcript JSON."""
        with self._lock:
            return dict(self._served)

    def reset(self) -> None:
        with self._lock:
            self._received.clear()
            self._arrivals.clear()
            self._answered.clear()
            self._served.clear()
            self.requests.clear()
