"""The one way to send a request that costs money: check the ledger, record, send, record."""

from __future__ import annotations

import datetime as dt
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import (
    AccessError,
    ApiError,
    AuthenticationError,
    LakeError,
    PaymentError,
    RateLimitedError,
    RefusedError,
    UnreachableError,
)
from sonitemi_pipelines.paid.ledger import UNANSWERED, Entry, Ledger
from sonitemi_pipelines.paid.outcome import Outcome

log = logging.getLogger(__name__)

WINDOW_HOURS = 24.0
CLOCK_SLACK = dt.timedelta(minutes=15)
"""By how much the vendor's clock may differ from ours, where nothing but a time tells two requests apart."""

_LONGEST_CALL = dt.timedelta(minutes=60)
"""After this no request is on its way any more, whoever sent it."""
_LOOK_AGAIN_SECONDS = 3.0
_REFUSING = frozenset({400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 451})
_SAME_FOR_THE_NEXT = (AuthenticationError, PaymentError, AccessError, RateLimitedError, UnreachableError)
"""Errors that the next paid request of a list would meet too; one that was lost on its way (TransportError) is none."""


@dataclass(frozen=True)
class Accepted:
    """What a vendor made of a request: its id there, and the status it began with."""

    vendor_id: str
    status: str | None = None


@dataclass(frozen=True)
class PaidRequest:
    """A request that costs money.

    Attributes:
        request_hash: as `ledger.hash_of` gives it.
        send: makes the call; the entry's `request_id` may go along as a mark.
        look_up: finds what came of an entry that was never answered, None when there is nothing.
        keep: writes to the lake what the next sync needs to bring the result.
        can_be_ruled_out: whether finding nothing means that the vendor never got it.
        known_before: ids of what is at the vendor already, asked for before sending: what a look-up finds beyond them
            is new, whatever the clocks say.
    """

    provider: str
    operation: str
    subject: str
    request_hash: str
    send: Callable[[Entry], Accepted]
    look_up: Callable[[Entry], Accepted | None]
    keep: Callable[[Accepted], None] = lambda accepted: None
    can_be_ruled_out: bool = True
    known_before: Callable[[], list[str]] | None = None


@dataclass(frozen=True)
class Rules:
    """How repeats are treated.

    Attributes:
        window_hours: hours in which the same request is refused once the vendor has accepted it; 0 for never.
        force: send in any case, and pay again.
        settle_seconds: how long an unanswered request is looked for before it is sent again: a vendor may show it
            only some time after it took it.
    """

    window_hours: float = WINDOW_HOURS
    force: bool = False
    settle_seconds: float = 30.0

    def __post_init__(self) -> None:
        if not 0 <= self.window_hours < math.inf:
            raise RefusedError(
                f"window_hours {self.window_hours:g} is not a number of hours from 0 up; nothing was sent",
                fields={"window_hours": "not from 0 up"},
            )


def place(ledger: Ledger, request: PaidRequest, rules: Rules) -> Outcome:
    """Send a request unless the vendor has it already, and record it before and after.

    Raises:
        LakeError: the ledger cannot be read or written; when something was accepted by then, the message names it.
    """
    with ledger.alone(request.request_hash) as alone:
        earlier = ledger.earlier(request.request_hash)
        if not alone:
            return _outcome(request, "refused", told="the same request is being sent at this moment; nothing was sent")
        if earlier is not None and not rules.force:
            if earlier.status in UNANSWERED:
                return _settle(ledger, request, earlier, rules)
            if utc_now() - (earlier.answered_at or earlier.sent_at) < dt.timedelta(hours=rules.window_hours):
                return _repeated(request, earlier)
        try:
            before = None if request.known_before is None else request.known_before()
        except ApiError as error:
            told = f"what is there already cannot be seen, so nothing was sent: {error}"
            return _outcome(request, "failed", told=told, same_for_next=isinstance(error, _SAME_FOR_THE_NEXT))
        entry = ledger.ask(
            request.provider,
            request.operation,
            request.request_hash,
            request.subject,
            forced=rules.force,
            known_before=before,
        )
        if not rules.force and ledger.is_contested(entry):
            why = "another machine is sending the same request; nothing was sent from here"
            ledger.answer(entry, "refused", error=why)
            return _outcome(request, "refused", entry, told=why)
        return _send(ledger, request, entry)


def _send(ledger: Ledger, request: PaidRequest, entry: Entry) -> Outcome:
    try:
        accepted = request.send(entry)
    except (RefusedError, ApiError, OSError) as error:
        status, why = _meaning(error), str(error)
        if status == "unknown":
            why += "; ask for it again: it is looked up at the vendor before anything is sent"
        ledger.answer(entry, status, error=why)
        return _outcome(request, status, entry, told=why, same_for_next=isinstance(error, _SAME_FOR_THE_NEXT))
    return _accept(ledger, request, entry, accepted)


def _accept(ledger: Ledger, request: PaidRequest, entry: Entry, accepted: Accepted, told: str | None = None) -> Outcome:
    try:
        # The result's row first: a process that dies in between leaves a request that is looked up, not a result
        # that nobody waits for.
        request.keep(accepted)
        ledger.answer(entry, "accepted", vendor_id=accepted.vendor_id)
    except LakeError as error:
        raise LakeError(
            f"{request.provider} accepted {request.operation} of {request.subject} as {accepted.vendor_id}, "
            f"which cannot be recorded: {error}"
        ) from error
    return _outcome(request, "accepted", entry, accepted.vendor_id, told=told)


def _settle(ledger: Ledger, request: PaidRequest, entry: Entry, rules: Rules) -> Outcome:
    """Find out what became of a request that was never answered, and send it again when the vendor never got it."""
    asked = f"asked for at {entry.requested_at:%Y-%m-%d %H:%M} UTC by {entry.requested_by} and not answered"
    age = utc_now() - entry.sent_at
    if not ledger.lake.has_locks and entry.status == "asked" and age < _LONGEST_CALL:
        told = f"{asked}: it may still be on its way from another machine; try again in an hour"
        return _outcome(request, "refused", entry, told=told)
    log.warning("%s of %s was %s; looking it up", request.operation, request.subject, asked)
    until = time.monotonic() + (rules.settle_seconds if age < _LONGEST_CALL else 0.0)
    try:
        while (found := request.look_up(entry)) is None and (rest := until - time.monotonic()) > 0:
            time.sleep(min(_LOOK_AGAIN_SECONDS, rest))
    except ApiError as error:
        told = f"{asked}; it cannot be looked up, so nothing was sent: {error}"
        return _outcome(request, "unknown", entry, told=told, same_for_next=isinstance(error, _SAME_FOR_THE_NEXT))
    if found is not None:
        return _accept(ledger, request, entry, found, told=f"{asked}; found at the vendor, nothing sent again")
    if not request.can_be_ruled_out:
        told = f"{asked}; the vendor has no list to look it up in: force it to ask again, and perhaps pay twice"
        return _outcome(request, "refused", entry, told=told)
    return _send(ledger, request, ledger.ask_again(entry))


def _meaning(error: RefusedError | ApiError | OSError) -> str:
    """What an error says of the request: 'refused', 'failed' (never sent) or 'unknown'."""
    if isinstance(error, RefusedError):
        return "refused"
    if isinstance(error, UnreachableError):
        return "failed"
    # Only the vendor's own words say that it did nothing: something on the way may answer after it took the request.
    refused = isinstance(error, ApiError) and error.status in _REFUSING and not error.of_gateway
    return "refused" if refused else "unknown"


def _repeated(request: PaidRequest, earlier: Entry) -> Outcome:
    told = (
        f"refused, nothing sent: the same request was accepted as {earlier.vendor_id}, asked for at "
        f"{earlier.requested_at:%Y-%m-%d %H:%M} UTC by {earlier.requested_by} (request {earlier.request_id}); "
        "force it to pay for another"
    )
    return _outcome(request, "repeated", earlier, earlier.vendor_id, told=told)


def _outcome(
    request: PaidRequest,
    status: str,
    entry: Entry | None = None,
    vendor_id: str | None = None,
    *,
    told: str | None = None,
    same_for_next: bool = False,
) -> Outcome:
    return Outcome(
        request.provider,
        request.operation,
        request.subject,
        status,
        entry.request_id if entry is not None else None,
        vendor_id,
        told,
        same_for_next,
    )
