"""What a run of the sync leaves behind, against what the vendors have."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sonitemi_pipelines.errors import LakeError, SettingsError, WarehouseError
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.temi import lists as temi

TRANSCRIPT_CALLS = ("sonix transcript.get", "temi transcript.get")


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def revisions(settings: Settings) -> dict[tuple[str, str, str], str]:
    rows = ask(settings, "SELECT provider, recording_id, variant, revision FROM transcripts")
    return {(provider, id_, variant): revision for provider, id_, variant, revision in rows}


def expected_revisions(sandbox: Sandbox) -> dict[tuple[str, str, str], str]:
    return {
        (provider, id_, variant): digest
        for provider, records in sandbox.truth().items()
        for id_, record in records.items()
        for variant, digest in record["variants"].items()
    }


def transcript_calls(sandbox: Sandbox) -> int:
    return sum(sandbox.counts().get(name, 0) for name in TRANSCRIPT_CALLS)


def data_files(settings: Settings) -> set[str]:
    lake = Path(settings.home) / "lake"
    return {str(path.relative_to(lake)) for path in lake.rglob("*.parquet")}


def test_one_run_brings_all_that_is_at_the_vendors(sandbox: Sandbox, settings: Settings) -> None:
    report = run_sync(settings)
    assert report.complete
    assert revisions(settings) == expected_revisions(sandbox)
    truth = sandbox.truth()
    statuses = dict(ask(settings, "SELECT provider || ' ' || recording_id, vendor_status FROM recordings"))
    assert statuses == {
        f"{vendor} {id_}": record["status"] for vendor in truth for id_, record in truth[vendor].items()
    }
    folders = ask(settings, "SELECT count(*) FROM sonix_media WHERE folder_id IS NOT NULL AND folder_name IS NOT NULL")
    assert folders[0][0] > 0, "a listing does not say the folder; the sync has to find it"
    assert (
        ask(settings, "SELECT count(*), count(summary) FROM sonix_batch_summaries WHERE status = 'completed'")[0][1] > 0
    )
    assert ask(settings, "SELECT typeof(balance), balance FROM temi_account_balance") == [("DECIMAL(18,2)", 150)]


def test_a_second_run_asks_for_no_transcript_and_writes_no_data_file(sandbox: Sandbox, settings: Settings) -> None:
    run_sync(settings)
    before, seen = data_files(settings), revisions(settings)
    sandbox.reset_counts()
    report = run_sync(settings)
    assert report.complete
    assert transcript_calls(sandbox) == 0
    assert sandbox.counts().get("sonix batch_summarization.get", 0) <= 1, "only a batch still processing is asked for"
    assert data_files(settings) == before
    assert revisions(settings) == seen


def test_real_conversations_arrive_word_for_word(real_folder: Path, home: Path) -> None:
    with Sandbox(real=real_folder).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        assert run_sync(settings).complete
        counts = dict(ask(settings, "SELECT provider, count(*) FROM words GROUP BY provider"))
        assert counts == {"sonix": 44528, "temi": 50985}
        held = {}
        rows = "SELECT provider || '/' || recording_id, list(text ORDER BY word_index) FROM words GROUP BY ALL"
        for name, words in ask(settings, rows):
            held[name] = words
        for file in [*real_folder.glob("sonix/*.json"), *real_folder.glob("temi/*.json")]:
            payload = json.loads(file.read_bytes())
            if file.parent.name == "sonix":
                sent = [word["text"].strip() for segment in payload["transcript"] for word in segment["words"]]
            else:
                sent = [part["value"].strip() for monologue in payload["monologues"] for part in monologue["elements"]]
            assert held[f"{file.parent.name}/{file.stem}"] == sent
        before = data_files(settings)
        sandbox.reset_counts()
        assert run_sync(settings).complete
        assert transcript_calls(sandbox) == 0
        assert data_files(settings) == before


def test_a_balance_is_written_when_it_changes_or_is_old(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    balances = "SELECT balance::VARCHAR FROM temi_account_balance ORDER BY observed_at"
    for balance in ("150.00", "150.00", "120.50", "120.50"):
        sandbox.set_balance(Decimal(balance))
        run_sync(settings)
    assert ask(settings, balances) == [("150.00",), ("120.50",)]
    monkeypatch.setattr(temi, "UNCHANGED_BALANCE_HOLDS", dt.timedelta(0))
    run_sync(settings)
    assert ask(settings, balances) == [("150.00",), ("120.50",), ("120.50",)]


@pytest.mark.slow
def test_recordings_are_followed_to_their_end_however_old(sandbox: Sandbox, settings: Settings) -> None:
    """Completion is not creation: a recording made months ago that completes today is fetched today."""
    long_ago = dt.datetime(2026, 1, 5)
    [media] = sandbox.add_sonix(status="transcribing", at=long_ago)
    [job] = sandbox.add_temi(status="in_progress", at=long_ago)
    run_sync(settings)
    assert not {key for key in revisions(settings) if key[1] in (media, job)}
    sandbox.complete(media)
    sandbox.complete(job)
    run_sync(settings)
    assert revisions(settings) == expected_revisions(sandbox)


def test_an_edit_at_temi_is_fetched_once_with_the_machine_transcript_kept(sandbox: Sandbox, settings: Settings) -> None:
    [job] = sandbox.add_temi(minutes=2)
    run_sync(settings)
    sandbox.edit(job)
    sandbox.reset_counts()
    run_sync(settings)
    run_sync(settings)
    assert sandbox.counts_by_id("temi transcript.get") == {job: 2}, "latest and machine, each once"
    assert revisions(settings) == expected_revisions(sandbox)
    payloads = ask(settings, f"SELECT count(DISTINCT revision) FROM raw_payloads WHERE recording_id = '{job}'")
    assert payloads == [(2,)], "the revision before the edit and the one after"


def test_an_edit_at_sonix_is_found_by_reading_recent_transcripts_again(sandbox: Sandbox, settings: Settings) -> None:
    [media] = sandbox.add_sonix(minutes=2)
    run_sync(settings)
    sandbox.edit(media)
    reread = Scope(reread_days=7)
    run_sync(settings, {"sonix": reread, "temi": Scope()})
    assert revisions(settings) == expected_revisions(sandbox)
    assert ask(settings, f"SELECT count(*) FROM raw_payloads WHERE recording_id = '{media}'") == [(2,)]
    before = data_files(settings)
    run_sync(settings, {"sonix": reread, "temi": Scope()})
    assert data_files(settings) == before, "reading again what did not change writes nothing"


def test_what_leaves_the_vendor_is_marked_and_keeps_its_words_and_what_returns_is_unmarked(
    sandbox: Sandbox, settings: Settings
) -> None:
    [media] = sandbox.add_sonix(minutes=1)
    [job] = sandbox.add_temi(minutes=1)
    run_sync(settings)
    gone = f"SELECT count(*) FROM recordings WHERE deleted_at IS NOT NULL AND recording_id IN ('{media}', '{job}')"
    words = f"SELECT count(*) FROM words WHERE recording_id IN ('{media}', '{job}')"
    [(before,)] = ask(settings, words)
    sandbox.delete(media)
    sandbox.delete(job)
    run_sync(settings)
    assert ask(settings, gone) == [(2,)]
    assert ask(settings, words) == [(before,)]
    sandbox.restore(media)
    sandbox.restore(job)
    run_sync(settings)
    assert ask(settings, gone) == [(0,)]


@pytest.mark.parametrize("vendor", ["sonix", "temi"])
@pytest.mark.parametrize("what", ["insert", "delete"])
def test_a_list_that_moves_between_two_pages_loses_and_doubles_nothing(home: Path, vendor: str, what: str) -> None:
    with Sandbox(seed=3, sonix=230, temi=230, latency_ms=0, quirks=False).running() as sandbox:
        settings = Settings.from_env(
            {
                **sandbox.env,
                "SONITEMI_HOME": str(home),
                f"{vendor.upper()}_API_KEY": sandbox.env[f"{vendor.upper()}_API_KEY"],
            }
        )
        only = {"sonix": Scope(since=dt.datetime(2100, 1, 1)), "temi": Scope(since=dt.datetime(2100, 1, 1))}
        newest = list(sandbox.truth()[vendor])[:30]
        moved: list[str] = []

        def move(operation: str, id_: str | None, calls: int) -> None:
            if operation in ("sonix media.list", "temi job.list") and operation.startswith(vendor) and calls in (2, 4):
                if what == "insert":
                    moved.extend(getattr(sandbox, f"add_{vendor}")(3))
                else:
                    for _ in range(3):
                        moved.append(newest.pop())
                        sandbox.delete(moved[-1])

        sandbox.on_request(move)
        report = run_sync(settings, only)
        sandbox.on_request(None)
        assert moved
        assert not report.errors
        table, key = ("sonix_media", "media_id") if vendor == "sonix" else ("temi_jobs", "job_id")
        held = [id_ for (id_,) in ask(settings, f"SELECT {key} FROM {table} WHERE deleted_at IS NULL")]
        assert len(held) == len(set(held))
        assert set(held) >= set(sandbox.truth()[vendor]) - set(moved)
        run_sync(settings, only)
        assert {id_ for (id_,) in ask(settings, f"SELECT {key} FROM {table} WHERE deleted_at IS NULL")} == set(
            sandbox.truth()[vendor]
        )


@pytest.mark.slow
def test_one_bad_transcript_is_named_and_stops_no_other_and_heals(sandbox: Sandbox, settings: Settings) -> None:
    good, bad = sandbox.add_sonix(2, minutes=1)
    sandbox.faults.fail_next("sonix transcript.get", id=bad, status=500, times=None)
    report = run_sync(settings)
    assert not report.complete
    assert [(failure.recording_id, failure.variant) for failure in report.failed] == [(bad, "latest")]
    assert ("sonix", good, "latest") in revisions(settings)
    [row] = ask(settings, "SELECT recording_id, attempts, reason FROM sync_failures")
    assert row[:2] == (bad, 1)
    assert "500" in row[2]
    run_sync(settings)
    assert ask(settings, "SELECT attempts FROM sync_failures") == [(2,)]
    sandbox.faults.clear()
    assert run_sync(settings).complete
    assert revisions(settings) == expected_revisions(sandbox)
    assert ask(settings, "SELECT count(*) FROM sync_failures") == [(0,)]


@pytest.mark.parametrize("broken", [b"<html>maintenance</html>", b'{"transcript": [', b"[]", b'{"transcript": 7}'])
def test_a_payload_that_is_none_is_recorded_not_stored(sandbox: Sandbox, settings: Settings, broken: bytes) -> None:
    [media] = sandbox.add_sonix(minutes=1)
    sandbox.faults.fail_next("sonix transcript.get", id=media, status=200, body=broken, times=5)
    report = run_sync(settings)
    assert [failure.recording_id for failure in report.failed] == [media]
    assert not {key for key in revisions(settings) if key[1] == media}


def test_faults_at_random_are_outlasted(sandbox: Sandbox, settings: Settings) -> None:
    """5 % of answers go wrong in every way there is; a few runs later everything has arrived, each revision once."""
    sandbox.faults.random(0.05, seed=4)
    for _ in range(6):
        if run_sync(settings).complete:
            break
    assert revisions(settings) == expected_revisions(sandbox)


def test_a_vendor_that_fails_does_not_stop_the_other(sandbox: Sandbox, settings: Settings) -> None:
    wrong = Settings.from_env({**sandbox.env, "SONITEMI_HOME": settings.home, "SONIX_API_KEY": "not-the-key"})
    report = run_sync(wrong)
    assert set(report.errors) == {"sonix"}
    assert "check the API key" in report.errors["sonix"]
    assert "not-the-key" not in report.errors["sonix"]
    assert {provider for provider, _, _ in revisions(wrong)} == {"temi"}


def test_a_vendor_without_a_key_is_skipped_and_said_so(sandbox: Sandbox, home: Path) -> None:
    env = {name: value for name, value in sandbox.env.items() if name != "SONIX_API_KEY"}
    report = run_sync(Settings.from_env({**env, "SONITEMI_HOME": str(home)}))
    assert report.skipped == ("sonix",)
    assert report.complete
    assert not [name for name in sandbox.counts() if name.startswith("sonix")]


def test_no_key_at_all_is_an_error_before_anything_is_made(home: Path) -> None:
    with pytest.raises(SettingsError, match="SONIX_API_KEY"):
        run_sync(Settings.from_env({"SONITEMI_HOME": str(home)}))
    assert not home.exists()


def test_ids_limit_a_run_to_single_look_ups(sandbox: Sandbox, settings: Settings) -> None:
    run_sync(settings)
    [media] = sandbox.add_sonix(minutes=1)
    [job] = sandbox.add_temi(minutes=1)
    sandbox.reset_counts()
    run_sync(settings, {"sonix": Scope(ids=frozenset([media])), "temi": Scope(ids=frozenset([job]))})
    assert {("sonix", media, "latest"), ("temi", job, "latest")} <= set(revisions(settings))
    counts = sandbox.counts()
    assert counts.get("sonix media.list", 0) == counts.get("temi job.list", 0) == 0
    assert counts["sonix media.get"] == counts["temi job.get"] == 1


def test_calls_in_flight_stay_within_the_setting(sandbox: Sandbox, home: Path) -> None:
    """A vendor that answers slowly meets three calls at a time, not the account's size."""
    settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home), "SONITEMI_IN_FLIGHT": "3"})
    latency, begun = 0.05, []
    sandbox.faults.fail_next("sonix transcript.get", status=200, slow_s=latency, times=None)
    sandbox.on_request(lambda operation, id_, calls: begun.append((operation, time.monotonic())))
    assert run_sync(settings).complete
    starts = [moment for operation, moment in begun if operation == "sonix transcript.get"]
    assert len(starts) > 6
    for index, start in enumerate(starts[3:], start=3):
        assert start - starts[index - 3] > 0.8 * latency, "a fourth call began before one of three could have ended"


def test_the_warehouse_is_never_built_over_a_file_that_is_not_ours(sandbox: Sandbox, settings: Settings) -> None:
    settings.warehouse.parent.mkdir(parents=True)
    settings.warehouse.write_text("notes of a user")
    with pytest.raises(WarehouseError, match="move it away"):
        run_sync(settings)
    assert settings.warehouse.read_text() == "notes of a user"
    assert sandbox.counts() == {}
    settings.warehouse.unlink()
    with duckdb.connect(str(settings.warehouse)) as theirs:
        theirs.execute("CREATE TABLE mine (x INTEGER)")
    with pytest.raises(WarehouseError, match="did not write"):
        run_sync(settings)
    with duckdb.connect(str(settings.warehouse)) as theirs:
        assert theirs.execute("SELECT count(*) FROM mine").fetchall() == [(0,)]


def test_two_syncs_at_once_double_nothing(sandbox: Sandbox, settings: Settings) -> None:
    errors: list[BaseException] = []

    def go() -> None:
        try:
            assert run_sync(settings).complete
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert revisions(settings) == expected_revisions(sandbox)
    doubled = "SELECT count(*) - count(DISTINCT (provider, recording_id, variant, word_index)) FROM words"
    assert ask(settings, doubled) == [(0,)]
    assert all(n == 1 for n in sandbox.counts_by_id("sonix transcript.get").values())


def test_a_lake_that_cannot_be_read_is_one_clear_line(sandbox: Sandbox, settings: Settings) -> None:
    run_sync(settings)
    for log in (Path(settings.home) / "lake" / TRANSCRIPTS.name / "_delta_log").iterdir():
        log.write_text("{")
    with pytest.raises(LakeError, match=r"transcripts .*restore it from a backup") as caught:
        run_sync(settings)
    assert "\n" not in str(caught.value)
    assert "unknown" not in str(caught.value), "no native stack in what a user reads"


@pytest.mark.slow
def test_reading_again_starts_with_what_is_young_not_with_a_whole_first_import(
    sandbox: Sandbox, settings: Settings
) -> None:
    """A first sync of an old account is not fetched a second time by each reconcile of the days after."""
    old = sandbox.add_sonix(2, minutes=1, at=dt.datetime(2026, 1, 5))
    [late] = sandbox.add_sonix(status="transcribing", minutes=1, at=dt.datetime(2026, 1, 6))
    [young] = sandbox.add_sonix(minutes=1)
    run_sync(settings)
    sandbox.complete(late)
    run_sync(settings)
    sandbox.reset_counts()
    run_sync(settings, {"sonix": Scope(reread_days=7)})
    read = sandbox.counts_by_id("sonix transcript.get")
    assert not set(old) & set(read)
    assert read[young] == read[late] == 1
