"""Every row, list, transcript and vendor for itself: what fails is named, and everything else arrives."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pyarrow.compute as pc
import pytest

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.lake.schemas import SYNC_FAILURES, TABLES, TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.account import sync_account
from sonitemi_pipelines.pipeline.run import SyncReport, run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.lists import ListChange
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors import VENDORS

QUICK: dict[str, Any] = {"backoff": 0.01}
ODD_ROWS: tuple[tuple[Any, str], ...] = (
    (None, "row "),
    ("text", "row "),
    ([], "row "),
    ({"name": "no id"}, "row "),
    ({"id": ""}, "row "),
    ({"id": None}, "row "),
    ({"id": ".."}, "'..'"),
    ({"id": "a\nb"}, r"'a\nb'"),
    ({"id": "a\x00b"}, r"'a\x00b'"),
    ({"id": "a\u202eb"}, r"'a\u202eb'"),
    ({"id": "x" * 5000}, "'xxx"),
    ({"id": {"deep": 1}}, "row "),
)


@pytest.fixture
def sandbox() -> Any:
    with Sandbox(seed=3, sonix=2, temi=2, minutes=(0.2, 0.3)).running() as running:
        yield running


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake.from_settings(settings)


def sync(sandbox: Sandbox, settings: Settings, *vendors: str) -> SyncReport:
    """What a run does up to the marts, impatiently."""
    report = SyncReport()
    for name in vendors or ("sonix", "temi"):
        vendor = VENDORS[name]
        client = vendor.client(settings, **QUICK)
        done = sync_account(vendor, Lake.from_settings(settings), client, Scope(), settings)
        report = SyncReport(
            lists=(*report.lists, *(one for one in done.changes.values() if isinstance(one, ListChange))),
            ingestions=(*report.ingestions, *([done.ingestion] if done.ingestion is not None else [])),
            problems=(*report.problems, *done.problems),
            errors=report.errors | ({} if done.error is None else {name: done.error}),
        )
    return report


def transcribed(lake: Lake) -> set[str]:
    return {str(id_) for id_ in lake.read(TRANSCRIPTS, ["recording_id"])["recording_id"].to_pylist()}


def due(sandbox: Sandbox) -> set[str]:
    return {id_ for ids in sandbox.truth().values() for id_, found in ids.items() if found["variants"]}


def with_rows(listed: bytes, odd: list[Any]) -> bytes:
    body = json.loads(listed)
    rows = body["media"] if isinstance(body, dict) else body
    rows[1:1] = odd
    return json.dumps(body).encode()


@pytest.mark.parametrize("provider", ["sonix", "temi"])
def test_odd_rows_of_a_list_are_named_and_everything_else_arrives(
    sandbox: Sandbox, settings: Settings, lake: Lake, provider: str
) -> None:
    """One id of a newline stopped both vendors."""
    sandbox.add_sonix(minutes=0.2)
    sandbox.add_temi(minutes=0.2)
    operation, path = ("sonix media.list", "/media") if provider == "sonix" else ("temi job.list", "/jobs?limit=100")
    session = VENDORS[provider].connect(settings).session
    listed = session.request("GET", path, operation="list").content
    spoilt = with_rows(listed, [row for row, _ in ODD_ROWS])

    first = {"folder_id": None, "page": None, "starting_after": None}
    sandbox.faults.fail_next(operation, status=200, body=spoilt, times=None, query=first)
    report = sync(sandbox, settings)
    assert transcribed(lake) == due(sandbox)
    assert not report.complete
    assert not report.errors
    failures = lake.read(SYNC_FAILURES, filters=pc.field("provider") == provider).to_pylist()
    assert len(failures) == len(ODD_ROWS)
    for _, name in ODD_ROWS:
        assert [row for row in failures if row["recording_id"].startswith(name)], name
    assert all(row["recording_id"].isprintable() and row["reason"] for row in failures)
    sandbox.faults.clear()
    assert sync(sandbox, settings).complete
    assert lake.read(SYNC_FAILURES).num_rows == 0


SIDE_FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "404": {"status": 404},
    "401": {"status": 401},
    "402": {"status": 402},
    "403": {"status": 403},
    "429": {"status": 429, "retry_after": 3600},
    "cut": {"drop_connection": True},
    "no JSON": {"status": 200, "html": True},
    "deep": {"status": 200, "body": b"[" * 10_000},
    "another shape": {"status": 200, "body": b'{"folders": 1, "users": 1, "media": 1, "batch_summarizations": {}}'},
}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=name, marks=() if name in ("500", "403", "deep") else pytest.mark.slow)
        for name, fault in SIDE_FAULTS.items()
    ],
)
@pytest.mark.parametrize("operation", ["user.list", "folder.list", "batch_summarization.list"])
def test_a_side_list_that_fails_with_anything_keeps_no_transcript_waiting(
    sandbox: Sandbox, settings: Settings, lake: Lake, operation: str, fault: dict[str, Any]
) -> None:
    """The list of users stopped the transcripts of an account."""
    assert SonixClient.from_settings(settings).folders.create(name="Council")
    sandbox.faults.fail_next(f"sonix {operation}", times=None, **fault)
    report = sync(sandbox, settings, "sonix")
    assert transcribed(lake) == {id_ for id_, found in sandbox.truth()["sonix"].items() if found["variants"]}
    assert not report.errors
    allowed = operation == "batch_summarization.list" and fault.get("status") in (403, 404)
    assert report.complete == allowed, report.problems


def test_one_folder_that_cannot_be_listed_costs_its_own_media_nothing_but_its_name(
    sandbox: Sandbox, settings: Settings, lake: Lake
) -> None:
    client = SonixClient.from_settings(settings)
    folder = client.folders.create(name="Council").id
    [media] = sandbox.add_sonix(folder_id=folder, minutes=0.2)
    assert sync(sandbox, settings, "sonix").complete

    sandbox.faults.fail_next("sonix media.list", status=500, times=None, query={"folder_id": folder})
    [new] = sandbox.add_sonix(minutes=0.2)
    report = sync(sandbox, settings, "sonix")
    assert new in transcribed(lake)
    assert [problem for problem in report.problems if folder in problem]
    rows = {row["media_id"]: row for row in lake.read(TABLES["sonix_media"]).to_pylist()}
    assert rows[media]["folder_id"] == folder


def test_one_bad_member_of_a_batch_summary_costs_no_other_and_is_asked_for_again(
    sandbox: Sandbox, settings: Settings, lake: Lake
) -> None:
    """The batch counted as completed, nothing of it was kept, and it was never asked for again."""
    client = SonixClient.from_settings(settings)
    folder = client.folders.create(name="Council").id
    sandbox.add_sonix(2, folder_id=folder, minutes=0.2)
    batch = client.batch_summarizations.create(folder, prompt="What was decided?")
    sandbox.complete_task(batch.id)
    found = client.batch_summarizations.get(batch.id).as_answer()
    found["summaries"] = [row.as_answer() for row in client.batch_summarizations.get(batch.id).summaries]
    found["summaries"].insert(1, {"summary": "of what?"})
    found["created_at"] = "2026-01-01T00:00:00Z"
    sandbox.faults.fail_next("sonix batch_summarization.get", id=batch.id, status=200, body=json.dumps(found).encode())
    report = sync(sandbox, settings, "sonix")
    rows = [row for row in lake.read(TABLES["sonix_batch_summaries"]).to_pylist() if row["batch_id"] == batch.id]
    assert len([row for row in rows if row["summary"]]) == 2
    assert [problem for problem in report.problems if batch.id in problem]
    assert sync(sandbox, settings, "sonix").complete
    rows = [row for row in lake.read(TABLES["sonix_batch_summaries"]).to_pylist() if row["batch_id"] == batch.id]
    assert {row["status"] for row in rows} == {"completed"}
    assert len(rows) == 2


def test_what_nobody_foresaw_is_a_named_failure_with_its_traceback_at_debug_level(
    sandbox: Sandbox, settings: Settings, lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One transcript on which our own code breaks would keep the whole account away."""
    caplog.set_level(logging.DEBUG)
    poisonous, *_ = sorted(id_ for id_, found in sandbox.truth()["sonix"].items() if found["variants"])
    vendor = VENDORS["sonix"]
    take_apart: Callable[..., Any] = vendor.take_apart

    def breaks(body: bytes, source: Any) -> Any:
        if source.recording_id == poisonous:
            raise ZeroDivisionError("nobody thought of it")
        return take_apart(body, source)

    object.__setattr__(vendor, "take_apart", breaks)
    try:
        report = sync(sandbox, settings, "sonix")
    finally:
        object.__setattr__(vendor, "take_apart", take_apart)
    assert transcribed(lake) == {
        id_ for id_, found in sandbox.truth()["sonix"].items() if found["variants"] and id_ != poisonous
    }
    [failure] = report.failed
    assert failure.recording_id == poisonous
    assert "ZeroDivisionError" in failure.reason
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("number", ["1e30", "1e17", "-1e30", "9" * 5000, "NaN", '"much"'])
def test_a_balance_of_nonsense_is_named_and_stops_no_transcript(
    sandbox: Sandbox, settings: Settings, lake: Lake, number: str
) -> None:
    sandbox.faults.fail_next("temi account.get", status=200, body=f'{{"balance": {number}}}'.encode(), times=None)
    report = sync(sandbox, settings, "temi")
    assert transcribed(lake) == {id_ for id_, found in sandbox.truth()["temi"].items() if found["variants"]}
    assert [problem for problem in report.problems if "balance" in problem or "account.get" in problem]
    assert lake.read(TABLES["temi_account_balance"]).num_rows == 0


def test_a_vendor_that_limits_for_ever_is_left_soon(sandbox: Sandbox, settings: Settings, lake: Lake) -> None:
    """A permanent 429 held the vendor's lock for hours."""
    sandbox.add_sonix(30, minutes=0.2)
    sandbox.faults.fail_next("sonix transcript.get", status=429, retry_after=0, times=None)
    report = sync(sandbox, settings, "sonix")
    assert "429" in report.errors["sonix"]
    assert len(sandbox.counts_by_id("sonix transcript.get")) < 30
    sandbox.faults.clear()
    assert sync(sandbox, settings, "sonix").complete


def test_transcripts_that_failed_before_keep_no_new_one_waiting(
    sandbox: Sandbox, settings: Settings, lake: Lake
) -> None:
    """Twenty that the vendor chokes on in every run would end each run before anything new is fetched."""
    for media in sandbox.add_sonix(25, minutes=0.2):
        sandbox.faults.fail_next("sonix transcript.get", id=media, status=500, times=None)
    sync(sandbox, settings, "sonix")
    [new] = sandbox.add_sonix(minutes=0.2)
    sync(sandbox, settings, "sonix")
    assert new in transcribed(lake)


@pytest.mark.slow
def test_one_vendor_in_ruins_costs_the_other_nothing(sandbox: Sandbox, settings: Settings, lake: Lake) -> None:
    sandbox.faults.fail_next("sonix *", status=200, body=b'{"a":' * 10_000, times=None)
    report = run_sync(settings)
    assert set(report.errors) == {"sonix"}
    assert transcribed(lake) == {id_ for id_, found in sandbox.truth()["temi"].items() if found["variants"]}
    assert report.publication is not None
