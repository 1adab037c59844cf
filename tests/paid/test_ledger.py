"""What is recorded, and what is refused as a repeat."""

from __future__ import annotations

import dataclasses
import datetime as dt
import getpass
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.errors import RefusedError
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.paid import Ledger, Outcome, Rules, SubmitOptions, all_at_vendor, submit_media
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.paid import SonixSubmitter, request_summary
from sonitemi_pipelines.vendors.temi.paid import TemiSubmitter

ENGLISH = SubmitOptions(language="en")
AT_ONCE = Rules(settle_seconds=0)
FORCED = Rules(force=True)


def rows(ledger: Ledger) -> list[dict[str, Any]]:
    return sorted(ledger.lake.read(VENDOR_REQUESTS).to_pylist(), key=lambda row: row["requested_at"])


def submissions(sandbox: Sandbox, provider: str = "sonix") -> int:
    return sandbox.counts().get({"sonix": "sonix media.submit", "temi": "temi job.submit"}[provider], 0)


def submit(ledger: Ledger, client: SonixClient | TemiClient, *media: str | Path, **how: Any) -> list[Outcome]:
    options = how.get("options", ENGLISH if isinstance(client, SonixClient) else SubmitOptions())
    submitter = SonixSubmitter(client) if isinstance(client, SonixClient) else TemiSubmitter(client)
    return list(submit_media(ledger, submitter, media, options, how.get("rules", AT_ONCE)))


def age(ledger: Ledger, hours: float) -> None:
    """Let every request look as if it had been made `hours` earlier."""
    for row in rows(ledger):
        moments = [name for name in ("requested_at", "sent_at", "answered_at") if row[name] is not None]
        older = {**row, **{name: row[name] - dt.timedelta(hours=hours) for name in moments}}
        ledger.lake.put(VENDOR_REQUESTS, VENDOR_REQUESTS.from_rows([older]))


def test_a_request_is_on_record_before_it_is_sent_and_after(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """Who paid for what could otherwise not be told when the process dies in between."""
    seen: list[list[dict[str, Any]]] = []
    sandbox.on_request(lambda operation, _, n: seen.append(rows(ledger)))
    [outcome] = submit(ledger, sonix, call)
    [[before]] = seen
    assert (before["status"], before["vendor_id"], before["answered_at"]) == ("asked", None, None)
    assert (before["operation"], before["subject"]) == ("media.submit", str(call))
    assert before["requested_by"] == getpass.getuser()
    [after] = rows(ledger)
    assert after["request_id"] == before["request_id"] == outcome.request_id
    assert (after["status"], after["vendor_id"]) == ("accepted", outcome.vendor_id)
    assert after["answered_at"] >= after["requested_at"]
    media = sonix.media.get(str(outcome.vendor_id))
    assert media.name == "call.mp3"
    assert media.custom_data == {"sonitemi_request": outcome.request_id}


def test_a_double_click_is_refused_with_the_earlier_id(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """The second click would otherwise be a second bill."""
    [first] = submit(ledger, sonix, call)
    [second] = submit(ledger, sonix, call)
    assert second.status == "repeated"
    assert second.vendor_id == first.vendor_id
    said = str(second)
    assert "\n" not in said
    for part in ("refused", str(first.vendor_id), str(first.request_id), "force"):
        assert part in said
    assert submissions(sandbox) == 1
    assert len(rows(ledger)) == 1
    assert not all_at_vendor([second])


def test_force_pays_again_and_says_so(sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path) -> None:
    """Without a way to insist, a transcription that went wrong could not be had again for a day."""
    [first] = submit(ledger, sonix, call)
    [forced] = submit(ledger, sonix, call, rules=FORCED)
    assert forced.status == "accepted"
    assert forced.vendor_id != first.vendor_id
    assert submissions(sandbox) == 2
    assert [row["forced"] for row in rows(ledger)] == [False, True]


def test_the_window_ends(sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path) -> None:
    """A request would otherwise be refused for ever, or repeated a second after it was made."""
    submit(ledger, sonix, call)
    age(ledger, 23.9)
    assert submit(ledger, sonix, call)[0].status == "repeated"
    assert submit(ledger, sonix, call, rules=Rules(window_hours=23))[0].status == "accepted"
    age(ledger, 0.2)
    assert submit(ledger, sonix, call)[0].status == "repeated", "the later one counts"
    assert submissions(sandbox) == 2


def test_the_window_starts_when_a_request_was_sent_last(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """One that went lost yesterday and was sent again a minute ago would be paid for a second time."""
    sandbox.faults.fail_next("sonix media.submit", drop_connection=True)
    assert submit(ledger, sonix, call)[0].status == "unknown"
    age(ledger, 25)
    assert submit(ledger, sonix, call)[0].status == "accepted"
    assert submit(ledger, sonix, call)[0].status == "repeated"
    assert len([media for media in sandbox.vendors.sonix.media if media.name == call.name]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"language": "de"},
        {"name_prefix": "Monday "},
        {"keywords": ["Kairos"]},
        {"folder_id": "inbox"},
    ],
)
def test_other_options_are_another_request(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path, change: dict[str, Any]
) -> None:
    """A recording asked for in German because English was wrong must not count as a repeat."""
    if "folder_id" in change:
        change = {"folder_id": sonix.folders.create(name="Inbox").id}
    submit(ledger, sonix, call)
    assert submit(ledger, sonix, call, options=dataclasses.replace(ENGLISH, **change))[0].status == "accepted"


def test_the_same_bytes_from_elsewhere_are_the_same_request(
    sandbox: Sandbox, ledger: Ledger, temi: TemiClient, call: Path, tmp_path: Path
) -> None:
    """A folder copied or mounted elsewhere would otherwise be paid for twice; a changed file must not be refused."""
    copy = tmp_path / "copy" / "call.mp3"
    copy.parent.mkdir()
    copy.write_bytes(call.read_bytes())
    assert [outcome.status for outcome in submit(ledger, temi, call, copy)] == ["accepted", "repeated"]
    call.write_bytes(b"sound of another call")
    assert submit(ledger, temi, call)[0].status == "accepted"
    assert submissions(sandbox, "temi") == 2


def test_what_was_refused_may_be_asked_for_again(
    sandbox: Sandbox, ledger: Ledger, temi: TemiClient, call: Path
) -> None:
    """After adding credit, the operator must not be told that it was asked for before."""
    sandbox.set_balance("0.00")
    [outcome] = submit(ledger, temi, call)
    assert outcome.status == "refused"
    assert "You do not have enough credit" in str(outcome)
    assert "You have only $0.00" in str(outcome)
    assert [row["status"] for row in rows(ledger)] == ["refused"]
    sandbox.set_balance("10.00")
    assert submit(ledger, temi, call)[0].status == "accepted"


def test_no_connection_is_no_request(settings: Settings, ledger: Ledger, call: Path) -> None:
    """What never left this machine must not be looked up, or be taken for paid."""
    nowhere = SonixClient("key", "http://127.0.0.1:9/v1", attempts=1)
    first, second = submit(ledger, nowhere, call, "https://media.example.com/b.mp3")
    assert first.status == "failed"
    assert "cannot reach http://127.0.0.1:9/v1" in str(first)
    assert second.status == "not tried"
    assert [row["status"] for row in rows(ledger)] == ["failed"]
    assert submit(ledger, nowhere, call)[0].status == "failed", "it is tried again, not looked up"


def test_two_processes_at_once_send_once(
    sandbox: Sandbox, settings: Settings, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """Two clicks within a second, or two schedulers, would otherwise both find nothing on record."""
    sandbox.faults.fail_next("sonix media.submit", status=200, slow_s=0.5)
    barrier = threading.Barrier(2)

    def click(_: int) -> Outcome:
        own = Ledger(Lake.from_settings(settings))
        barrier.wait()
        return submit(own, sonix, call)[0]

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(click, range(2)))
    accepted, refused = sorted(outcomes, key=lambda outcome: outcome.status)
    assert accepted.status == "accepted"
    assert refused.status in ("refused", "repeated"), "whether the first was answered by then"
    assert submissions(sandbox) == 1


def test_a_second_click_during_the_upload_is_refused_at_once(
    sandbox: Sandbox, settings: Settings, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """It would otherwise be taken for a request whose sender died, and looked up, and sent."""
    sandbox.faults.fail_next("sonix media.submit", status=200, slow_s=1.5)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(submit, ledger, sonix, call)
        while not submissions(sandbox):
            time.sleep(0.01)
        [second] = submit(Ledger(Lake.from_settings(settings)), sonix, call)
        assert not first.done()
        assert second.status == "refused"
        assert "being sent at this moment" in str(second)
        assert first.result()[0].status == "accepted"
    assert submissions(sandbox) == 1


def test_two_machines_at_once_never_both_send(
    sandbox: Sandbox, settings: Settings, sonix: SonixClient, call: Path
) -> None:
    """On an object store no lock holds the other machine off: both may be refused, but never both be paid."""
    sandbox.faults.fail_next("sonix media.submit", status=200, slow_s=0.5, times=None)
    barrier = threading.Barrier(2)

    def click(_: int) -> Outcome:
        own = Ledger(Lake(settings.lake_url))
        barrier.wait()
        return submit(own, sonix, call)[0]

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(click, range(2)))
    assert submissions(sandbox) == sum(outcome.status == "accepted" for outcome in outcomes) <= 1


def test_another_machine_that_may_be_sending_is_not_overtaken(
    sandbox: Sandbox, settings: Settings, sonix: SonixClient, call: Path
) -> None:
    """Its upload may take minutes, in which the vendor shows nothing of it yet."""
    here = Ledger(Lake(settings.lake_url))
    submit(here, sonix, call)
    [row] = rows(here)
    asked = {**row, "status": "asked", "vendor_id": None, "answered_at": None}
    here.lake.overwrite(VENDOR_REQUESTS, VENDOR_REQUESTS.from_rows([asked]))
    [outcome] = submit(here, sonix, call)
    assert outcome.status == "refused"
    assert "try again in an hour" in str(outcome)
    assert submissions(sandbox) == 1


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf")])
def test_a_window_that_is_none_is_refused(hours: float) -> None:
    with pytest.raises(RefusedError, match="window_hours"):
        Rules(window_hours=hours)


def test_every_summary_asked_for_is_a_request_of_its_own(sandbox: Sandbox, ledger: Ledger, sonix: SonixClient) -> None:
    """Another question about the same recording must not be refused; the same one with a space behind it must."""
    [media_id] = sandbox.add_sonix()
    statuses = [
        request_summary(ledger, sonix, media_id, prompt, AT_ONCE).status for prompt in ("Who?", "What?", "Who? ")
    ]
    assert statuses == ["accepted", "accepted", "repeated"]


def test_a_long_list_does_not_leave_a_file_for_each_request(ledger: Ledger) -> None:
    """Each look at the ledger would open all of them, and a folder of a thousand files would take hours."""
    for n in range(26):
        entry = ledger.ask("temi", "jobs.submit", f"{n:064}", f"{n}.mp3", forced=False)
        ledger.answer(entry, "accepted", vendor_id=f"sd{n}")
    version = ledger.lake.snapshot([VENDOR_REQUESTS.name])[VENDOR_REQUESTS.name]
    assert len(ledger.lake.files(VENDOR_REQUESTS.name, version)) <= 3
    assert sorted(row["vendor_id"] for row in rows(ledger)) == sorted(f"sd{n}" for n in range(26))
