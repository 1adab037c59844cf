"""Sensors as Dagster evaluates them, against the sandbox over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.webhooks import Delivery, Inbox
from tests.orchestration.deployed import Deployed, Evaluator, made_in, scope_of


@pytest.mark.parametrize("name", ["sonix_completion", "temi_completion", "sonix_summaries_completion"])
def test_a_vendor_without_a_key_is_skipped_aloud_and_nobody_elses_key_is_used(
    name: str, small: Deployed, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables of the first account are no fall-back for the second."""
    for variable, value in small.sandbox.env.items():
        monkeypatch.setenv(variable, value)
    requests, said = Evaluator(name, instance, small.again(keys={"sonix": "", "temi": ""})).tick()
    assert requests == []
    assert said.endswith("Resource.api_key is not set: skipped")
    assert small.sandbox.counts() == {}


@pytest.mark.parametrize("provider", ["sonix", "temi"])
def test_from_the_first_tick_to_a_completion_in_the_warehouse(
    provider: str, small: Deployed, instance: dg.DagsterInstance
) -> None:
    """A new installation fills itself, then a completion makes one run over that recording and nothing else."""
    other = {"sonix": "temi", "temi": "sonix"}[provider]
    sensor = Evaluator(f"{provider}_completion", instance, small)
    [first], _ = sensor.tick()
    assert scope_of(first) == {f"{other}_ids": []}, "a fresh sensor owes a run over the whole account"
    assert small.execute(first, instance).success
    assert sensor.tick() == ([], "0 open, nothing new; 1 calls")

    add = small.sandbox.add_sonix if provider == "sonix" else small.sandbox.add_temi
    done = add(2)
    small.sandbox.reset_counts()
    [request], _ = sensor.tick()
    assert scope_of(request) == {f"{provider}_ids": sorted(done), f"{other}_ids": []}
    assert request.tags["sonitemi/trigger"] == f"{provider}_completion"
    assert request.tags["sonitemi/news"] == "2 completed"
    assert request.tags[f"sonitemi/reads_{other}"].endswith(" not"), "the other vendor's runs need not wait for it"
    result = small.execute(request, instance)
    assert result.success
    made = made_in(result)
    assert {"transcripts", "words", "speaker_stats", "warehouse"} <= made
    assert "temi_account_balance" not in made
    assert small.sandbox.counts_by_id(f"{provider} transcript.get") == dict.fromkeys(done, 1)
    assert not small.sandbox.counts().get(f"{other} transcript.get")
    assert sensor.tick() == ([], "0 open, nothing new; 1 calls")


def test_news_waits_while_a_run_of_that_vendor_is_queued_or_running(
    small: Deployed, instance: dg.DagsterInstance
) -> None:
    """Several completions make one run, and none is fetched by two runs at once."""
    run_sync(small.settings)
    sonix, temi = Evaluator("sonix_completion", instance, small), Evaluator("temi_completion", instance, small)
    run_id = small.put_run(instance, dg.DagsterRunStatus.STARTED, {"temi_ids": []})
    small.sandbox.add_sonix()
    small.sandbox.add_temi()
    small.sandbox.reset_counts()
    assert sonix.tick() == ([], f"run {run_id[:8]} reads this vendor; what is new is looked at when it has ended")
    assert not [name for name in small.sandbox.counts() if name.startswith("sonix")], (
        "a tick that has to wait costs no call"
    )
    assert len(temi.tick()[0]) == 1, "the run reads Sonix only"
    instance.report_run_failed(instance.get_run_by_id(run_id))  # type: ignore[arg-type]
    assert len(sonix.tick()[0]) == 1


def test_many_runs_of_others_on_the_same_instance_hide_none_of_ours(
    small: Deployed, instance: dg.DagsterInstance
) -> None:
    """A backfill of another team, with runs by the hundred, must not make us ask for the same news again and again."""
    run_sync(small.settings)
    run_id = small.put_run(instance, dg.DagsterRunStatus.STARTED, {"temi_ids": []})

    @dg.job
    def of_others() -> None: ...

    for _ in range(60):
        instance.create_run_for_job(of_others, status=dg.DagsterRunStatus.STARTED)
    small.sandbox.add_sonix()
    assert f"run {run_id[:8]} reads this vendor" in Evaluator("sonix_completion", instance, small).tick()[1]


def test_a_failed_run_is_asked_for_again_under_another_run_key(small: Deployed, instance: dg.DagsterInstance) -> None:
    """Dagster never repeats a run_key it has used, also of a failed run."""
    sensor = Evaluator("sonix_completion", instance, small)
    [first], _ = sensor.tick()
    small.sandbox.faults.fail_next("sonix *", status=403, times=None)
    assert not small.execute(first, instance).success
    small.sandbox.faults.clear()
    assert "a full run is owed and its next try is not due" in sensor.tick()[1] or sensor.tick()[0]
    cursor = json.loads(sensor.cursor or "")
    for asked in cursor["asked"].values():
        asked["at"] -= 61
    sensor.cursor = json.dumps(cursor)
    requests, _ = sensor.tick()
    assert len(requests) == 1
    assert requests[0].run_key != first.run_key
    assert small.execute(requests[0], instance).success
    assert sensor.tick() == ([], "0 open, nothing new; 1 calls")


def test_a_broken_cursor_costs_one_full_run_and_no_error(small: Deployed, instance: dg.DagsterInstance) -> None:
    sensor = Evaluator("temi_completion", instance, small)
    sensor.cursor = '{"born_at": 1.0, "version": 1}'
    [request], _ = sensor.tick()
    assert len(scope_of(request)["temi_ids"]) == 3
    for cursor in ("garbage", '{"version":99}', "[]"):
        sensor.cursor = cursor
        [request], _ = sensor.tick()
        assert scope_of(request) == {"sonix_ids": []}
        assert json.loads(sensor.cursor)["version"] == 1


def put_event(small: Deployed, recording_id: str | None, provider: str = "sonix", language: str | None = None) -> None:
    with Inbox(small.inbox) as inbox:
        inbox.put(
            Delivery(
                provider=provider,
                recording_id=recording_id,
                kind="status_change" if language is None else "translation_finished",
                language=language,
                received_at=utc_now(),
                body=json.dumps({"id": recording_id, "language": language}).encode(),
            )
        )


def waiting_events(small: Deployed) -> int:
    with Inbox(small.inbox) as inbox:
        return inbox.counts().pending


@pytest.mark.slow
def test_webhook_events_make_the_runs_that_polling_would_have_made_and_are_done_after_them(
    small: Deployed, instance: dg.DagsterInstance
) -> None:
    sensor = Evaluator("webhook_inbox", instance, small)
    assert "there is no inbox" in sensor.tick()[1]
    small.execute(Evaluator("sonix_completion", instance, small).tick()[0][0], instance)
    small.execute(Evaluator("temi_completion", instance, small).tick()[0][0], instance)
    [media], [job] = small.sandbox.add_sonix(), small.sandbox.add_temi()
    put_event(small, media)
    put_event(small, media)
    put_event(small, job, "temi")
    requests, _ = sensor.tick()
    assert [scope_of(request) for request in requests] == [
        {"sonix_ids": [media], "temi_ids": []},
        {"sonix_ids": [], "temi_ids": [job]},
    ]
    assert "next try is not due" in sensor.tick()[1], "asked for, and not done before the run has succeeded"
    assert waiting_events(small) == 2
    small.sandbox.reset_counts()
    for request in requests:
        assert small.execute(request, instance).success
    assert sensor.tick() == ([], "2 events done")
    assert waiting_events(small) == 0
    polled = [Evaluator(f"{vendor}_completion", instance, small) for vendor in ("sonix", "temi")]
    for poll in polled:
        poll.cursor = '{"born_at": 1.0, "version": 1}'
        assert poll.tick() == ([], "0 open, nothing new; 1 calls"), "the poll finds nothing left of it"
    assert small.sandbox.counts_by_id("sonix transcript.get") == {media: 1}


@pytest.mark.slow
def test_a_translation_that_somebody_made_at_sonix_comes_with_the_event_that_tells_of_it(
    small: Deployed, instance: dg.DagsterInstance
) -> None:
    run_sync(small.settings)
    [media] = small.sandbox.add_sonix()
    client = SonixClient.from_settings(small.settings)
    client.translations.create(media, language="es")
    client.translations.wait(media, "es", interval=0.1)
    put_event(small, media, language="es")
    sensor = Evaluator("webhook_inbox", instance, small)
    [polled], _ = Evaluator("sonix_completion", instance, small).tick()
    assert small.execute(polled, instance).success
    [request], _ = sensor.tick()
    assert scope_of(request) == {"sonix_ids": [media], "sonix_translations": [f"{media}/es"], "temi_ids": []}
    assert small.execute(request, instance).success
    assert sensor.tick() == ([], "1 events done")
    found = small.lake.read(TRANSCRIPTS, ["recording_id", "variant"]).to_pylist()
    assert {"recording_id": media, "variant": "translation-es"} in found


def test_events_of_a_vendor_without_a_key_wait_and_hide_none_of_the_other(
    small: Deployed, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is being replaced must not stop the other vendor's webhooks, however many events pile up."""
    monkeypatch.setattr("sonitemi_pipelines.dagster.webhook_sensor.MOST_EVENTS", 3)
    for number in range(5):
        put_event(small, f"m{number}")
    [job] = small.sandbox.add_temi()
    put_event(small, job, "temi")
    [request], _ = Evaluator("webhook_inbox", instance, small.again(keys={"sonix": ""})).tick()
    assert scope_of(request) == {"sonix_ids": [], "temi_ids": [job]}
    assert waiting_events(small) == 6


def test_events_are_not_done_by_a_run_that_skipped_their_vendor_for_want_of_a_key(
    small: Deployed, instance: dg.DagsterInstance
) -> None:
    [media] = small.sandbox.add_sonix()
    put_event(small, media)
    without_key = small.again(keys={"sonix": ""}).defs
    assert without_key.resolve_job_def("sync").execute_in_process(instance=instance).success
    [request], _ = Evaluator("webhook_inbox", instance, small).tick()
    assert media in scope_of(request)["sonix_ids"]
    assert waiting_events(small) == 1


def test_events_that_come_one_after_the_other_each_make_a_run_at_once(
    small: Deployed, instance: dg.DagsterInstance
) -> None:
    """Events that name no recording all look alike; the second is news all the same, not another try of the first."""
    sensor = Evaluator("webhook_inbox", instance, small)
    for number in range(3):
        with Inbox(small.inbox) as inbox:
            body = json.dumps({"event": "folder_change", "number": number}).encode()
            inbox.put(
                Delivery(provider="sonix", recording_id=None, kind="folder_change", received_at=utc_now(), body=body)
            )
        [request], _ = sensor.tick()
        assert small.execute(request, instance).success
        assert sensor.tick() == ([], "1 events done")


def test_without_a_local_disk_there_is_no_inbox_and_no_error(small: Deployed, instance: dg.DagsterInstance) -> None:
    """The receiver is optional, also where the lake is in a bucket."""
    small.home = "s3://bucket/home"
    small.more["warehouse"] = "/tmp/warehouse.duckdb"
    assert "there is no inbox" in Evaluator("webhook_inbox", instance, small).tick()[1]


@pytest.mark.slow
def test_an_event_that_a_polled_run_has_settled_makes_no_run_of_its_own(
    small: Deployed, instance: dg.DagsterInstance
) -> None:
    run_sync(small.settings)
    [media] = small.sandbox.add_sonix()
    put_event(small, media)
    [polled], _ = Evaluator("sonix_completion", instance, small).tick()
    assert small.execute(polled, instance).success
    assert Evaluator("webhook_inbox", instance, small).tick() == ([], "1 events done")


def test_a_run_whose_process_is_gone_is_ended_and_one_at_work_is_left_alone(tmp_path: Path, small: Deployed) -> None:
    """It would keep its vendor waiting for ever: nobody else looks after it once its code server has died too."""
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        runs = {}
        for name, pid in (("dead", dead.pid), ("alive", os.getpid())):
            run = instance.get_run_by_id(small.put_run(instance, dg.DagsterRunStatus.STARTED, {}))
            assert run is not None
            metadata = {"pid": dg.MetadataValue.text(str(pid))}
            instance.report_engine_event(f"Started process for run (pid: {pid}).", run, EngineEventData(metadata))
            runs[name] = run.run_id
        runs["never launched"] = small.put_run(instance, dg.DagsterRunStatus.STARTED, {})
        sensor = Evaluator("abandoned_runs", instance, small)
        assert sensor.tick() == ([], f"ended {runs['dead'][:8]}")
        assert sensor.tick() == ([], "every run at work has a process")
        statuses = {name: instance.get_run_by_id(run_id).status.value for name, run_id in runs.items()}  # type: ignore[union-attr]
        assert statuses == {"dead": "FAILURE", "alive": "STARTED", "never launched": "STARTED"}
