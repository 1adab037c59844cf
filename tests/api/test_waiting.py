"""Waiting for the vendors: ends when they end, follows duplicates, gives up with a way to resume."""

from __future__ import annotations

import threading
import time

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.errors import NotFoundError, TransportError, VendorFailedError, WaitTimeoutError
from sonitemi_pipelines.sandbox import Sandbox

PATIENT = {"timeout": 5.0, "interval": 0.02}


def after_calls(sandbox: Sandbox, operation: str, number: int, action: object) -> None:
    """Let `action` happen before the answer to call `number`."""
    sandbox.on_request(lambda name, _, n: action() if (name, n) == (operation, number) else None)  # type: ignore[operator]


def test_media_until_completed(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A status nobody documented is not an end: media would be given up while the vendor works."""
    (media_id,) = sandbox.add_sonix(status="pondering")
    after_calls(sandbox, "sonix media.get", 3, lambda: sandbox.complete(media_id))
    assert sonix.media.wait(media_id, **PATIENT).status == "completed"
    assert sandbox.counts()["sonix media.get"] == 3


@pytest.mark.parametrize("status", ["failed", "blocked"])
def test_media_that_end_without_a_transcript(sandbox: Sandbox, sonix: SonixClient, status: str) -> None:
    """Polling what has failed would go on for hours."""
    (media_id,) = sandbox.add_sonix(status=status)
    with pytest.raises(VendorFailedError, match=f"{media_id} ended as {status}") as caught:
        sonix.media.wait(media_id, **PATIENT)
    assert (caught.value.id, caught.value.status) == (media_id, status)
    assert sandbox.counts()["sonix media.get"] == 1


def repeats(sandbox: Sandbox, duplicate: str, original: str) -> None:
    media = sandbox.vendors.sonix.media.get(duplicate)
    assert media is not None
    media.duplicate_media_id = original


def test_a_duplicate_leads_to_its_original(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The transcript of a duplicate is at the media it repeats."""
    first, second, third = (sandbox.add_sonix(status=s)[0] for s in ("transcribing", "duplicate", "duplicate"))
    with sandbox.vendors.lock:
        repeats(sandbox, second, first)
        repeats(sandbox, third, second)
    after_calls(sandbox, "sonix media.get", 4, lambda: sandbox.complete(first))
    assert sonix.media.wait(third, **PATIENT).id == first
    assert sandbox.counts_by_id("sonix media.get") == {third: 1, second: 1, first: 2}


def test_duplicates_that_lead_nowhere_or_in_a_circle(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Following them would never end."""
    one, other = sandbox.add_sonix(n=2, status="duplicate")
    with pytest.raises(VendorFailedError, match="does not name"):
        sonix.media.wait(one, **PATIENT)
    with sandbox.vendors.lock:
        repeats(sandbox, one, other)
        repeats(sandbox, other, one)
    with pytest.raises(VendorFailedError, match=f"repeats {one}"):
        sonix.media.wait(one, **PATIENT)


def test_giving_up_names_the_id_and_how_to_resume(sandbox: Sandbox, temi: TemiClient) -> None:
    """What was paid for goes on at the vendor; without its id it is lost."""
    (job_id,) = sandbox.add_temi(status="in_progress")
    started = time.monotonic()
    with pytest.raises(
        WaitTimeoutError, match=rf"{job_id} is still in_progress after 0.3 s.*client\.jobs\.wait"
    ) as caught:
        temi.jobs.wait(job_id, timeout=0.3, interval=0.02)
    assert 0.3 <= time.monotonic() - started < 2
    assert (caught.value.id, caught.value.status) == (job_id, "in_progress")


def test_intervals_grow(sandbox: Sandbox, temi: TemiClient) -> None:
    """A fixed short interval over hours would be impolite: 1.5 times as long each time."""
    (job_id,) = sandbox.add_temi(status="in_progress")
    with pytest.raises(WaitTimeoutError):
        temi.jobs.wait(job_id, timeout=0.6, interval=0.05)
    assert sandbox.counts()["temi job.get"] <= 7


def test_a_failed_job_tells_temis_reason(sandbox: Sandbox, temi: TemiClient) -> None:
    """The operator reads what to do: another file, or more credit."""
    (job_id,) = sandbox.add_temi(status="in_progress")
    sandbox.fail(job_id, "invalid_media")
    with pytest.raises(VendorFailedError, match="invalid_media: The file holds no audio"):
        temi.jobs.wait(job_id, **PATIENT)


def test_job_until_transcribed(sandbox: Sandbox, temi: TemiClient) -> None:
    """Temi's word for completed is another."""
    (job_id,) = sandbox.add_temi(status="inprogress")
    after_calls(sandbox, "temi job.get", 2, lambda: sandbox.complete(job_id))
    assert temi.jobs.wait(job_id, **PATIENT).status == "transcribed"


def test_a_passing_fault_does_not_end_the_waiting(sandbox: Sandbox, sonix: SonixClient) -> None:
    """An hour of waiting must survive a minute of the vendor's trouble."""
    (media_id,) = sandbox.add_sonix(status="transcribing")

    def trouble(operation: str, record_id: str | None, n: int) -> None:
        if n == 2:
            sandbox.faults.fail_next(operation, status=503, times=7)
        if n == 12:
            sandbox.complete(media_id)

    sandbox.on_request(trouble)
    assert sonix.media.wait(media_id, timeout=20, interval=0.02).status == "completed"


def test_what_is_not_there_is_told_at_once(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A mistyped id must not be waited for."""
    with pytest.raises(NotFoundError):
        sonix.media.wait("nobody", **PATIENT)


def test_stop_ends_the_waiting(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Ctrl-C must not hang for the rest of an interval."""
    (media_id,) = sandbox.add_sonix(status="transcribing")
    timer = threading.Timer(0.2, sonix.stop)
    timer.start()
    started = time.monotonic()
    with pytest.raises(TransportError, match="stopped"):
        sonix.media.wait(media_id, timeout=60, interval=30)
    timer.join()
    assert time.monotonic() - started < 5
