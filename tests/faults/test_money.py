"""Paid requests under every fault and with every clock: created exactly once, found by their own mark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import RefusedError
from sonitemi_pipelines.lake.schemas import FORGOTTEN, VENDOR_REQUESTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.paid import Ledger, Outcome, Rules, SubmitOptions, submit_media
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.paid import (
    SonixSubmitter,
    request_batch_summary,
    request_summary,
    request_translation,
)
from sonitemi_pipelines.vendors.temi.paid import TemiSubmitter

from .observed import record

AT_ONCE = Rules(settle_seconds=0)
URL = "https://media.example.com/a.mp3?X-Amz-Signature=feedbeef01"

FAULTS: dict[str, dict[str, Any]] = {
    "a gateway's 408": {"status": 408, "html": True},
    "408": {"status": 408},
    "a gateway's 413": {"status": 413, "html": True},
    "a gateway's 403": {"status": 403, "html": True},
    "429": {"status": 429, "retry_after": 0},
    "500": {"status": 500},
    "502": {"status": 502, "html": True},
    "504": {"status": 504, "html": True},
    "cut": {"drop_connection": True},
    "no JSON": {"status": 200, "html": True},
    "empty": {"status": 200, "body": b""},
    "deep": {"status": 200, "body": b"[" * 10_000},
    "another shape": {"status": 200, "body": b'{"status": "ok"}'},
}
OPERATIONS = {
    "submit to sonix": "sonix media.submit",
    "submit to temi": "temi job.submit",
    "batch": "sonix batch_summarization.create",
    "translation": "sonix translation.create",
}
CLOCKS = (-10, 0, 10)
TABLE = [(operation, fault, clock) for operation in OPERATIONS for fault in FAULTS for clock in CLOCKS]
QUICK = [cell for number, cell in enumerate(TABLE) if number % 7 == 0]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(seed=5, sonix=3, temi=3, minutes=(0.2, 0.3)).running() as running:
        yield running


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.faults.clear()
    server.reset_counts()
    return server


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return Ledger(Lake.from_settings(settings))


def asking(sandbox: Sandbox, ledger: Ledger, operation: str, item: str = URL) -> Callable[[], Outcome]:
    sonix = SonixClient(sandbox.keys["sonix"], sandbox.base_url, backoff=0.01)
    temi = TemiClient(sandbox.keys["temi"], sandbox.base_url, backoff=0.01)
    if operation == "submit to sonix":
        options = SubmitOptions(language="en")
        return lambda: next(submit_media(ledger, SonixSubmitter(sonix), [item], options, AT_ONCE))
    if operation == "submit to temi":
        return lambda: next(submit_media(ledger, TemiSubmitter(temi), [item], SubmitOptions(), AT_ONCE))
    if operation == "batch":
        folder = sonix.folders.create(name="Calls").id
        sandbox.add_sonix(folder_id=folder, minutes=0.2)
        sonix.batch_summarizations.create(folder, prompt="Summarize")
        return lambda: request_batch_summary(ledger, sonix, folder, "Summarize", AT_ONCE)
    [media] = sandbox.add_sonix(language="en", minutes=0.2)
    return lambda: request_translation(ledger, sonix, media, "es", AT_ONCE)


def created(sandbox: Sandbox) -> int:
    vendors = sandbox.vendors
    return len(vendors.sonix.media) + len(vendors.temi.jobs) + len(vendors.sonix.tasks)


def exactly_once(
    sandbox: Sandbox, ledger: Ledger, operation: str, fault: str, clock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shifted() -> dt.datetime:
        return utc_now() + dt.timedelta(minutes=clock)

    for module in ("ledger", "placing"):
        monkeypatch.setattr(f"sonitemi_pipelines.paid.{module}.utc_now", shifted)
    for after in (True, False):
        ask = asking(sandbox, ledger, operation, f"{URL}{after}")
        before = created(sandbox)
        sandbox.faults.fail_next(OPERATIONS[operation], after=after, **FAULTS[fault])
        first = ask()
        assert first.status in ("unknown", "refused"), first
        assert created(sandbox) == before + after
        second = ask()
        assert second.status == "accepted", second
        assert created(sandbox) == before + 1, "made twice, or not at all"
        assert ask().status == "repeated"
        assert created(sandbox) == before + 1


@pytest.mark.parametrize(("operation", "fault", "clock"), QUICK)
def test_a_paid_request_is_made_exactly_once(
    sandbox: Sandbox, ledger: Ledger, operation: str, fault: str, clock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock 6 minutes ahead paid twice; a gateway's 408 counted as refused, and the next try paid again."""
    exactly_once(sandbox, ledger, operation, fault, clock, monkeypatch)


@pytest.mark.slow
def test_every_paid_request_under_every_fault_with_every_clock_is_made_exactly_once(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (operation, fault, clock) in enumerate(TABLE):
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(tmp_path / f"home{number}")})
        with monkeypatch.context() as patch:
            exactly_once(sandbox, Ledger(Lake.from_settings(settings)), operation, fault, clock, patch)
    record("money", {"operations": len(OPERATIONS), "faults": len(FAULTS), "clocks": len(CLOCKS), "cells": len(TABLE)})


def test_a_summary_after_a_429_is_not_sent_again_by_itself(sandbox: Sandbox, ledger: Ledger) -> None:
    """Sonix has no list to look a summary up in."""
    client = SonixClient(sandbox.keys["sonix"], sandbox.base_url, backoff=0.01)
    [media] = sandbox.add_sonix(minutes=0.2)
    sandbox.faults.fail_next("sonix summarization.create", after=True, status=429)
    assert request_summary(ledger, client, media, "Summarize", AT_ONCE).status == "unknown"
    assert request_summary(ledger, client, media, "Summarize", AT_ONCE).status == "refused"
    assert sandbox.counts()["sonix summarization.create"] == 1


def test_what_the_vendor_refuses_in_its_own_words_is_refused(sandbox: Sandbox, ledger: Ledger) -> None:
    sandbox.faults.fail_next("sonix media.submit", status=402)
    outcome = asking(sandbox, ledger, "submit to sonix")()
    assert outcome.status == "refused"
    assert outcome.same_for_next


def test_nothing_derived_is_asked_for_of_a_recording_that_was_erased(sandbox: Sandbox, ledger: Ledger) -> None:
    """What was erased for good would come back as a summary or a translation, and be paid for."""
    client = SonixClient(sandbox.keys["sonix"], sandbox.base_url)
    [media] = sandbox.add_sonix(minutes=0.2)
    row = {"provider": "sonix", "recording_id": media, "forgotten_at": utc_now()}
    ledger.lake.append(FORGOTTEN, FORGOTTEN.from_rows([row]))
    with pytest.raises(RefusedError, match="was erased here"):
        request_summary(ledger, client, media, "Summarize", AT_ONCE)
    with pytest.raises(RefusedError, match="was erased here"):
        request_translation(ledger, client, media, "es", AT_ONCE)
    assert not sandbox.counts()


def test_a_signed_url_shows_its_signature_nowhere(sandbox: Sandbox, ledger: Ledger) -> None:
    outcome = asking(sandbox, ledger, "submit to sonix")()
    assert "feedbeef01" not in str(outcome)
    [row] = ledger.lake.read(VENDOR_REQUESTS).to_pylist()
    assert "feedbeef01" not in str(row)
    assert row["subject"].startswith("https://media.example.com/a.mp3")
