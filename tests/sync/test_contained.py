"""What the vendor cannot answer, has deleted, or is erased meanwhile stops nothing else, and is said."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pytest

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.lake.consistency import miscounted_transcripts
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import publish_versions
from sonitemi_pipelines.paid import Ledger, Rules
from sonitemi_pipelines.pipeline.doctor import examine
from sonitemi_pipelines.pipeline.forget import forget
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.paid import request_translation
from sonitemi_pipelines.vendors.sonix.tables import SONIX_BATCH_SUMMARIES, SONIX_MEDIA, SONIX_TRANSLATIONS
from sonitemi_pipelines.vendors.temi.tables import TEMI_ACCOUNT_BALANCE


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake.from_settings(settings)


def transcribed(lake: Lake) -> set[str]:
    return {str(id_) for id_ in lake.read(TRANSCRIPTS, ["recording_id"])["recording_id"].to_pylist()}


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["sonix", "temi"])
def test_an_erasure_in_the_middle_of_a_listing_is_not_undone_by_it(
    sandbox: Sandbox, settings: Settings, lake: Lake, home: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setenv("SONITEMI_HOME", str(home))
    [recording] = (sandbox.add_sonix if provider == "sonix" else sandbox.add_temi)(minutes=0.2)
    assert run_sync(settings).complete
    erased: list[str] = []

    def erase(operation: str, id_: str | None, number: int) -> None:
        if operation == f"{provider} {'media' if provider == 'sonix' else 'job'}.list" and not erased:
            erased.append(recording)
            forget(settings, provider, recording)

    sandbox.on_request(erase)
    run_sync(settings)
    sandbox.on_request(None)
    assert erased
    run_sync(settings)
    assert recording not in transcribed(lake)
    assert recording not in lake.read(RAW_PAYLOADS, ["recording_id"])["recording_id"].to_pylist()


def test_a_folder_that_was_deleted_costs_nothing_but_itself(sandbox: Sandbox, settings: Settings, lake: Lake) -> None:
    """It would end every later sync of Sonix: a listing narrowed to it answers 404."""
    client = SonixClient.from_settings(settings)
    folder = client.folders.create(name="Council").id
    [media] = sandbox.add_sonix(folder_id=folder, minutes=0.2)
    batch = client.batch_summarizations.create(folder, prompt="What was decided?")
    sandbox.complete_task(batch.id)
    assert run_sync(settings).complete
    [running] = [client.batch_summarizations.create(folder, prompt="And what not?")]
    run_sync(settings)
    sandbox.delete_folder(folder)
    sandbox.complete_task(running.id)
    for _ in range(2):
        report = run_sync(settings)
        assert report.complete, (report.errors, report.problems)
    [row] = [row for row in lake.read(SONIX_MEDIA).to_pylist() if row["media_id"] == media]
    assert (row["folder_id"], row["deleted_at"]) == (None, None)
    summaries = lake.read(SONIX_BATCH_SUMMARIES).to_pylist()
    assert {row["status"] for row in summaries if row["batch_id"] == running.id} == {"completed"}
    assert all(row["summary"] for row in summaries if row["batch_id"] == running.id)


def test_a_batch_that_sonix_knows_no_more_is_asked_for_no_more(
    sandbox: Sandbox, settings: Settings, lake: Lake
) -> None:
    client = SonixClient.from_settings(settings)
    folder = client.folders.create(name="Council").id
    sandbox.add_sonix(folder_id=folder, minutes=0.2)
    sandbox.vendors.task_seconds = None
    batch = client.batch_summarizations.create(folder, prompt="What was decided?")
    run_sync(settings)
    del sandbox.vendors.sonix.tasks[batch.id]
    assert run_sync(settings).complete
    assert {row["status"] for row in lake.read(SONIX_BATCH_SUMMARIES).to_pylist() if row["batch_id"] == batch.id} == {
        "deleted"
    }


def test_a_translation_that_cannot_be_asked_for_stops_no_transcript_and_is_named(
    sandbox: Sandbox, settings: Settings, lake: Lake
) -> None:
    client = SonixClient.from_settings(settings)
    [media] = sandbox.add_sonix(minutes=0.2)
    run_sync(settings)
    sandbox.vendors.task_seconds = None
    assert request_translation(Ledger(lake), client, media, "es", Rules()).status == "accepted"
    sandbox.faults.fail_next("sonix translation.get", status=409, times=None)
    [new] = sandbox.add_sonix(minutes=0.2)
    report = run_sync(settings)
    assert new in transcribed(lake)
    assert not report.complete
    assert any(media in problem and "409" in problem for problem in report.problems)
    [row] = lake.read(SONIX_TRANSLATIONS).to_pylist()
    assert row["status"] not in ("completed", "failed", "deleted"), "nothing is known of it, so nothing is said"


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["sonix", "temi"])
def test_one_recording_that_cannot_be_looked_up_holds_up_none_of_those_asked_for_with_it(
    sandbox: Sandbox, settings: Settings, lake: Lake, provider: str
) -> None:
    """Sensors ask for all news in one run; it would fail as a whole, again and again."""
    assert run_sync(settings).complete
    broken, *others = (sandbox.add_sonix if provider == "sonix" else sandbox.add_temi)(4, minutes=0.2)
    operation = "sonix media.get" if provider == "sonix" else "temi job.get"
    sandbox.faults.fail_next(operation, id=broken, status=500, times=None)
    report = run_sync(settings, {provider: Scope(ids=frozenset([broken, *others]))})
    assert set(others) <= transcribed(lake)
    assert broken not in transcribed(lake)
    assert any(broken in problem for problem in report.problems)
    sandbox.faults.clear()
    assert run_sync(settings).complete
    assert broken in transcribed(lake)


def test_what_is_asked_for_by_id_and_has_no_transcript_is_said(sandbox: Sandbox, settings: Settings) -> None:
    """Exit code 0 means that everything asked for arrived."""
    [open_] = sandbox.add_sonix(status="transcribing")
    [failed] = sandbox.add_temi(status="failed")
    scopes = {"sonix": Scope(ids=frozenset([open_, "NoSuch1"])), "temi": Scope(ids=frozenset([failed]))}
    report = run_sync(settings, scopes)
    assert not report.complete
    assert sorted(report.problems) == [
        "NoSuch1 is unknown to sonix; check the id, case included",
        f"sonix media {open_} has no transcript: it is transcribing",
        f"temi job {failed} has no transcript: it is failed",
    ]


def test_a_job_that_temi_calls_completed_is_fetched_like_a_transcribed_one(
    sandbox: Sandbox, settings: Settings, lake: Lake
) -> None:
    """A sibling API's spelling counts as an end, so it has to count as having a transcript."""
    [job] = sandbox.add_temi(minutes=0.2)
    sandbox.set_status(job, "completed")
    run_sync(settings)
    assert (job in transcribed(lake)) or sandbox.counts_by_id("temi transcript.get").get(job)


def test_a_damaged_transcript_is_found_and_repaired_by_fetching_it_again(
    sandbox: Sandbox, settings: Settings, lake: Lake
) -> None:
    """The check that blocks the marts names it; without a way to repair it they would wait for ever."""
    [media] = sandbox.add_sonix(minutes=0.2)
    run_sync(settings)
    words = lake.open("words")
    assert words is not None
    words.delete(f"recording_id = '{media}' AND word_index > 3")
    publish_versions(lake)
    assert any(media in finding.text for finding in examine(settings) if not finding.ok)
    run_sync(settings, {"sonix": Scope(ids=frozenset([media]), refetch=True), "temi": Scope(ids=frozenset())})
    assert miscounted_transcripts(lake) == {}
    assert all(finding.ok for finding in examine(settings))
    assert lake.read(RAW_PAYLOADS, ["recording_id"])["recording_id"].to_pylist().count(media) == 1


def test_odd_values_and_a_key_without_all_rights_stop_nothing(sandbox: Sandbox, settings: Settings, lake: Lake) -> None:
    [media], [job] = sandbox.add_sonix(minutes=0.2), sandbox.add_temi(minutes=0.2)
    body = json.dumps({"balance": 149.98999999999998}).encode()
    sandbox.faults.fail_next("temi account.get", status=200, body=body)
    sandbox.faults.fail_next("sonix user.list", status=403, times=None)

    shown = {"id": media, "name": "half \ud83d pair", "status": "completed", "language": "en", "created_at": 1}
    listed = json.dumps({"media": [shown], "page": 1, "total_pages": 1}).encode()
    sandbox.faults.fail_next("sonix media.list", status=200, body=listed, times=None)
    report = run_sync(settings)
    assert {media, job} <= transcribed(lake)
    assert lake.read(TEMI_ACCOUNT_BALANCE)["balance"].to_pylist() == [Decimal("149.99")]
    names = lake.read(SONIX_MEDIA, ["name"], filters=pc.field("media_id") == media)["name"].to_pylist()
    assert names == ["half \N{REPLACEMENT CHARACTER} pair"]
    assert [problem for problem in report.problems if "403" in problem]
    assert report.publication is not None


def test_an_empty_span_of_days_is_refused() -> None:
    with pytest.raises(SettingsError, match="2026-12-01 is not before until 2026-01-01"):
        Scope(since=dt.datetime(2026, 12, 1), until=dt.datetime(2026, 1, 1))
