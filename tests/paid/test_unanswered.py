"""Requests that were sent and not answered: looked up at the vendor before anything is sent again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.paid import Ledger, Outcome, Rules, SubmitOptions, submit_media
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.sandbox.state import Job, Media
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.paid import (
    SonixSubmitter,
    request_batch_summary,
    request_summary,
    request_translation,
)
from sonitemi_pipelines.vendors.sonix.tables import SONIX_SUMMARIES, SONIX_TRANSLATIONS
from sonitemi_pipelines.vendors.temi.paid import TemiSubmitter

SONITEMI = [sys.executable, "-m", "sonitemi_pipelines.cli"]
AT_ONCE = Rules(settle_seconds=0)
FORCED = Rules(force=True, settle_seconds=0)
PROMPT = "Summarize in 10 sentences"
URL = "https://media.example.com/watch?v=1"


def entries(ledger: Ledger) -> list[dict[str, Any]]:
    return sorted(ledger.lake.read(VENDOR_REQUESTS).to_pylist(), key=lambda row: row["requested_at"])


def to_sonix(ledger: Ledger, client: SonixClient, item: str | Path, rules: Rules = AT_ONCE) -> Outcome:
    return next(submit_media(ledger, SonixSubmitter(client), [item], SubmitOptions(language="en"), rules))


def to_temi(ledger: Ledger, client: TemiClient, item: str | Path, rules: Rules = AT_ONCE) -> Outcome:
    return next(submit_media(ledger, TemiSubmitter(client), [item], SubmitOptions(), rules))


def held(sandbox: Sandbox) -> int:
    """Recordings in both accounts."""
    return len(sandbox.vendors.sonix.media) + len(sandbox.vendors.temi.jobs)


def started(sandbox: Sandbox, home: Path, *command: str) -> subprocess.Popen[str]:
    env = {**os.environ, **sandbox.env, "SONITEMI_HOME": str(home)}
    return subprocess.Popen([*SONITEMI, *command], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed_in_mid_request(sandbox: Sandbox, home: Path, operation: str, *command: str) -> None:
    """Run a command and kill it with SIGKILL once the vendor has its request, before the answer."""
    process = started(sandbox, home, *command)
    while not sandbox.counts().get(operation):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("provider", "operation", "options"),
    [("sonix", "sonix media.submit", ["--language", "en"]), ("temi", "temi job.submit", [])],
)
def test_a_submission_killed_before_its_answer_is_paid_once(
    sandbox: Sandbox, home: Path, call: Path, ledger: Ledger, provider: str, operation: str, options: list[str]
) -> None:
    """The vendor takes it a moment after the process died: run again, it must be found and not be sent again."""
    sandbox.faults.fail_next(operation, status=200, slow_s=2.0)
    before = held(sandbox)
    command = ["submit", provider, str(call), *options]
    killed_in_mid_request(sandbox, home, operation, *command)
    assert held(sandbox) == before, "nothing is at the vendor yet"
    assert [row["status"] for row in entries(ledger)] == ["asked"]
    again = started(sandbox, home, *command)
    said, complained = again.communicate(timeout=60)
    assert again.returncode == 0, complained
    assert held(sandbox) == before + 1
    assert sandbox.counts()[operation] == 1
    [row] = entries(ledger)
    assert row["status"] == "accepted"
    assert f"accepted as {row['vendor_id']}" in said
    assert "nothing sent again" in said


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop_connection": True}, {"status": 200, "body": b"<html>"}])
@pytest.mark.parametrize("item", ["call.mp3", URL])
def test_a_lost_answer_is_looked_up(
    sandbox: Sandbox,
    ledger: Ledger,
    sonix: SonixClient,
    temi: TemiClient,
    call: Path,
    fault: dict[str, Any],
    item: str,
) -> None:
    """The vendor did it and its answer went lost: asking again must give the id, not a second bill."""
    what = URL if item == URL else call
    before = held(sandbox)
    sandbox.faults.fail_next("sonix media.submit", after=True, **fault)
    sandbox.faults.fail_next("temi job.submit", after=True, **fault)
    for first in (to_sonix(ledger, sonix, what), to_temi(ledger, temi, what)):
        assert first.status == "unknown"
        assert "looked up at the vendor" in str(first)
    # What others put there meanwhile, under another name or the same, is not ours.
    sandbox.add_sonix(n=2)
    sandbox.add_temi(n=2)
    newer = sonix.media.submit(file_url="https://media.example.com/call.mp3", language="en", custom_data={"a": 1})
    assert newer.name == "call.mp3"
    by_sonix, by_temi = to_sonix(ledger, sonix, what), to_temi(ledger, temi, what)
    assert (by_sonix.status, by_temi.status) == ("accepted", "accepted")
    media, job = (
        sandbox.vendors.sonix.media.get(str(by_sonix.vendor_id)),
        sandbox.vendors.temi.jobs.get(str(by_temi.vendor_id)),
    )
    assert isinstance(media, Media)
    assert isinstance(job, Job)
    assert media.custom_data == {"sonitemi_request": by_sonix.request_id}
    assert job.metadata == f"sonitemi_request:{by_temi.request_id}"
    assert held(sandbox) == before + 2 + 5
    assert [row["status"] for row in entries(ledger)] == ["accepted", "accepted"]


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop_connection": True}])
def test_what_the_vendor_never_got_is_sent_again_under_its_id(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, temi: TemiClient, call: Path, fault: dict[str, Any]
) -> None:
    """A request that went lost on its way would otherwise be refused until somebody forces it."""
    before = held(sandbox)
    sandbox.faults.fail_next("sonix media.submit", **fault)
    sandbox.faults.fail_next("temi job.submit", **fault)
    lost = [to_sonix(ledger, sonix, call), to_temi(ledger, temi, call)]
    assert [outcome.status for outcome in lost] == ["unknown", "unknown"]
    assert held(sandbox) == before
    sent = [to_sonix(ledger, sonix, call), to_temi(ledger, temi, call)]
    assert [outcome.status for outcome in sent] == ["accepted", "accepted"]
    assert [outcome.request_id for outcome in sent] == [outcome.request_id for outcome in lost]
    assert held(sandbox) == before + 2


def test_a_vendor_that_shows_no_marks_is_searched_by_name(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, temi: TemiClient, call: Path
) -> None:
    """Where custom_data or metadata do not come back, name and time have to do, and never an id of another request."""
    [other] = [to_sonix(ledger, sonix, call), to_temi(ledger, temi, call)][:1]
    sandbox.faults.fail_next("sonix media.submit", after=True)
    sandbox.faults.fail_next("temi job.submit", after=True)
    assert to_sonix(ledger, sonix, call, FORCED).status == "unknown"
    assert to_temi(ledger, temi, call, FORCED).status == "unknown"
    for media in sandbox.vendors.sonix.media:
        media.custom_data = None
    for job in sandbox.vendors.temi.jobs:
        job.metadata = None
    before = held(sandbox)
    found = to_sonix(ledger, sonix, call), to_temi(ledger, temi, call)
    assert [outcome.status for outcome in found] == ["accepted", "accepted"]
    assert found[0].vendor_id != other.vendor_id
    assert held(sandbox) == before
    assert len({row["vendor_id"] for row in entries(ledger)}) == 4


def test_when_the_vendor_cannot_be_asked_nothing_is_sent(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """In an outage, sending again blindly is how one pays twice."""
    sandbox.faults.fail_next("sonix media.submit", after=True)
    to_sonix(ledger, sonix, call)
    sandbox.faults.fail_next("sonix media.list", status=503, times=None)
    outcome = to_sonix(ledger, sonix, call)
    assert outcome.status == "unknown"
    assert "nothing was sent" in str(outcome)
    assert sandbox.counts()["sonix media.submit"] == 1
    sandbox.faults.clear()
    assert to_sonix(ledger, sonix, call).status == "accepted"
    assert sandbox.counts()["sonix media.submit"] == 1


@pytest.mark.parametrize("after", [True, False])
def test_a_batch_summary_is_found_by_folder_and_prompt(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, after: bool
) -> None:
    """A batch over 60 hours of recordings is the dearest request there is."""
    folder = sonix.folders.create(name="Calls")
    sandbox.add_sonix(n=2, folder_id=folder.id)
    sonix.batch_summarizations.create(folder.id, prompt="Something else")
    sandbox.faults.fail_next("sonix batch_summarization.create", after=after)
    assert request_batch_summary(ledger, sonix, folder.id, PROMPT, AT_ONCE).status == "unknown"
    outcome = request_batch_summary(ledger, sonix, folder.id, PROMPT, AT_ONCE)
    assert outcome.status == "accepted"
    mine = [batch for batch in sonix.batch_summarizations.list(folder.id) if batch.prompt == PROMPT]
    assert [batch.id for batch in mine] == [outcome.vendor_id]
    assert request_batch_summary(ledger, sonix, folder.id, PROMPT, AT_ONCE).status == "repeated"


@pytest.mark.parametrize("after", [True, False])
def test_a_translation_is_found_by_its_status(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, after: bool
) -> None:
    [media_id] = sandbox.add_sonix(language="en")
    sandbox.faults.fail_next("sonix translation.create", after=after)
    assert request_translation(ledger, sonix, media_id, "es", AT_ONCE).status == "unknown"
    outcome = request_translation(ledger, sonix, media_id, "es", AT_ONCE)
    assert (outcome.status, outcome.vendor_id) == ("accepted", f"{media_id}/es")
    assert sandbox.counts()["sonix translation.create"] == (1 if after else 2)
    assert ledger.lake.read(SONIX_TRANSLATIONS).num_rows == 1


def test_a_summary_without_an_answer_is_never_sent_again_by_itself(
    sandbox: Sandbox, home: Path, ledger: Ledger, sonix: SonixClient
) -> None:
    """Sonix has no list of summaries to look it up in, so only a person can decide to pay perhaps twice."""
    [media_id] = sandbox.add_sonix()
    sandbox.faults.fail_next("sonix summarization.create", status=200, slow_s=1.0)
    command = ["summarize", media_id, "--prompt", PROMPT]
    killed_in_mid_request(sandbox, home, "sonix summarization.create", *command)
    outcome = request_summary(ledger, sonix, media_id, PROMPT, AT_ONCE)
    assert outcome.status == "refused"
    assert "no list to look it up in: force it" in str(outcome)
    assert sandbox.counts()["sonix summarization.create"] == 1
    assert request_summary(ledger, sonix, media_id, PROMPT, FORCED).status == "accepted"
    assert request_summary(ledger, sonix, media_id, PROMPT, AT_ONCE).status == "repeated"


def test_a_summary_is_found_where_only_its_record_went_missing(
    sandbox: Sandbox, settings: Settings, ledger: Ledger, sonix: SonixClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between its two writes must not lose the id, which nobody could ever find again."""
    [media_id] = sandbox.add_sonix()
    write: Callable[..., Any] = ledger.lake.put
    written: list[str] = []

    def dies_after_two(table: Any, *args: Any, **kwargs: Any) -> Any:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(table.name)
        return write(table, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(ledger.lake, "put", dies_after_two)
        with pytest.raises(KeyboardInterrupt):
            request_summary(ledger, sonix, media_id, PROMPT, AT_ONCE)
    assert written == ["vendor_requests", "sonix_summaries"]
    [kept] = ledger.lake.read(SONIX_SUMMARIES).to_pylist()
    outcome = request_summary(ledger, sonix, media_id, PROMPT, AT_ONCE)
    assert (outcome.status, outcome.vendor_id) == ("accepted", kept["summarization_id"])
    assert sandbox.counts()["sonix summarization.create"] == 1
