"""Faults on demand: the next answers of an operation, or a share of all answers, go wrong."""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random


@dataclass
class Fault:
    """One way an answer goes wrong.

    Attributes:
        operation: name or pattern, such as 'sonix transcript.get' or 'temi *'.
        id: only calls on this id; None for any.
        status: HTTP status answered; the vendor's own error body goes with it.
        times: how many calls are left; None for ever.
        retry_after: value of the `Retry-After` header.
        html: a proxy's HTML page instead of the vendor's error body.
        body: exactly these bytes instead.
        drop_connection: no answer at all; the connection is cut.
        slow_s: seconds before the answer; alone (status 200, no body) the true answer follows.
        after: the vendor does what was asked before the answer goes wrong.
        query: only calls whose query string has these values; None for a parameter that must not be there.
    """

    operation: str
    id: str | None = None
    status: int = 503
    times: int | None = 1
    retry_after: str | None = None
    html: bool = False
    body: bytes | None = None
    drop_connection: bool = False
    slow_s: float = 0.0
    after: bool = False
    query: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def only_slow(self) -> bool:
        return self.status == 200 and self.body is None and not self.html and not self.drop_connection

    def meets(self, operation: str, record_id: str | None, query: Sequence[tuple[str, str]]) -> bool:
        return (
            fnmatch.fnmatchcase(operation, self.operation)
            and self.id in (None, record_id)
            and all(dict(query).get(name) == value for name, value in self.query.items())
        )


class Faults:
    """The faults still to happen; safe to change while requests run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []
        self._rate = 0.0
        self._random = Random(0)

    def fail_next(
        self,
        operation: str,
        *,
        status: int = 503,
        times: int | None = 1,
        retry_after: float | str | None = None,
        html: bool = False,
        body: bytes | None = None,
        id: str | None = None,
        drop_connection: bool = False,
        slow_s: float = 0.0,
        after: bool = False,
        query: Mapping[str, str | None] | None = None,
    ) -> None:
        """Plan a fault for the next `times` calls of an operation (see `Fault`)."""
        wait = None if retry_after is None else str(retry_after)
        fault = Fault(operation, id, status, times, wait, html, body, drop_connection, slow_s, after, query or {})
        with self._lock:
            self._planned.append(fault)

    def random(self, rate: float, seed: int = 1) -> None:
        """From now on a share `rate` (0 to 1) of all calls goes wrong: 5xx, HTML, 429, cut connections."""
        with self._lock:
            self._rate, self._random = rate, Random(seed)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
            self._rate = 0.0

    def take(self, operation: str, record_id: str | None, query: Sequence[tuple[str, str]] = ()) -> Fault | None:
        """The fault this call meets, if any; counts it down."""
        with self._lock:
            for fault in self._planned:
                if fault.meets(operation, record_id, query):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._planned.remove(fault)
                    return fault
            if self._rate and self._random.random() < self._rate:
                return self._any(operation)
        return None

    def _any(self, operation: str) -> Fault:
        return self._random.choice(
            (
                Fault(operation, status=500),
                Fault(operation, status=503),
                Fault(operation, status=502, html=True),
                Fault(operation, status=429, retry_after="1"),
                Fault(operation, drop_connection=True),
                Fault(operation, drop_connection=True, after=True),
            )
        )
