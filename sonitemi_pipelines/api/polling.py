"""Waiting for what a vendor works on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from sonitemi_pipelines.api.session import VendorSession
from sonitemi_pipelines.api.statuses import FAILURES, Statuses
from sonitemi_pipelines.errors import ApiError, VendorFailedError, WaitTimeoutError

FIRST_INTERVAL = 2.0
LONGEST_INTERVAL = 30.0
_GROWTH = 1.5


class _Awaited(Protocol):
    @property
    def status(self) -> str | None: ...


T = TypeVar("T", bound=_Awaited)


def wait_until_completed(
    session: VendorSession,
    operation: str,
    identifier: str,
    read: Callable[[], T],
    statuses: Statuses,
    *,
    resume: str,
    timeout: float,
    interval: float = FIRST_INTERVAL,
    why: Callable[[T], str | None] = lambda _: None,
) -> T:
    """Call `read` at growing intervals until it answers a status that is an end, and return that answer.

    An answer that fails for a passing reason (5xx, network) after a first good one does not end the waiting.

    Args:
        statuses: what the vendor means by them. One that is not there is no end.
        resume: the call that goes on waiting, for the message.
        timeout: seconds to wait at most.
        interval: seconds to the second call; later ones take 1.5 times as long, up to 30 s.
        why: the vendor's reason for a failure.

    Raises:
        WaitTimeoutError: not finished in time.
        VendorFailedError: it ended as failed or blocked.
        ApiError: by cause.
    """
    until = time.monotonic() + timeout
    status: str | None = None
    seen = False
    while True:
        try:
            answer = read()
        except ApiError as error:
            if not (seen and error.retryable):
                raise
        else:
            seen, status = True, answer.status
            meaning = statuses.get(status or "", "in_progress")
            if meaning not in ("in_progress", *FAILURES):
                return answer
            if meaning in FAILURES:
                reason = why(answer)
                told = f": {reason}" if reason else ""
                raise VendorFailedError(
                    f"{session.vendor} {operation} {identifier} ended as {status}{told} (see it at the vendor)",
                    id=identifier,
                    status=status,
                )
        left = until - time.monotonic()
        if left <= 0:
            raise WaitTimeoutError(
                f"{session.vendor} {operation} {identifier} is still {status} after {timeout:g} s; "
                f"it goes on at the vendor (resume with {resume})",
                id=identifier,
                status=status,
            )
        session.pause(min(interval, left), operation)
        interval = min(interval * _GROWTH, LONGEST_INTERVAL)
