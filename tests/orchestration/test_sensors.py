"""Sensors and schedules as Dagster evaluates them, against the sandbox over HTTP."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.dagster import automation
from sonitemi_pipelines.dagster.notifications import NotifierResource
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.temi.tables import TEMI_ACCOUNT_BALANCE
from sonitemi_pipelines.webhooks import Delivery, Inbox, inbox_path
from tests.orchestration.conftest import ROOT, clean_environment

KEYS = ("SONIX_API_KEY", "TEMI_API_KEY")

with pytest.MonkeyPatch.context() as patch:
    # A variable that is there when the definitions load is read again by each run.
    for name in (*KEYS, "SONIX_BASE_URL", "TEMI_BASE_URL"):
        patch.setenv(name, "http://127.0.0.1:1")
    from dagster_project.definitions import defs


@pytest.fixture
def small(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A small account, with this process's environment pointing at it."""
    with Sandbox(seed=6, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        sandbox.add_sonix(3)
        sandbox.add_temi(3)
        for name, value in {**sandbox.env, "SONITEMI_HOME": str(home)}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("SONITEMI_WAREHOUSE", raising=False)
        yield sandbox


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


class Evaluator:
    """Evaluates one sensor again and again, as the daemon does with its cursor."""

    def __init__(self, name: str, instance: dg.DagsterInstance) -> None:
        self.sensor = defs.resolve_sensor_def(name)
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> tuple[list[dg.RunRequest], str]:
        """Run requests, and the reason when there are none."""
        context = dg.build_sensor_context(
            self.instance,
            self.cursor,
            sensor_name=self.sensor.name,
            definitions=defs,
            resources={"notifier": NotifierResource()},
        )
        found = self.sensor.evaluate_tick(context)
        if found.cursor is not None:
            self.cursor = found.cursor
        return list(found.run_requests or []), found.skip_message or ""


def scope_of(request: dg.RunRequest) -> dict[str, Any]:
    return dict(request.run_config["resources"]["scope"]["config"])


def execute(request: dg.RunRequest, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def("sync")
    return job.execute_in_process(
        run_config=request.run_config,
        tags=request.tags,
        asset_selection=request.asset_selection,
        instance=instance,
        raise_on_error=False,
    )


def put_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, scope: dict[str, Any]) -> str:
    job = defs.resolve_job_def("sync")
    run = instance.create_run_for_job(
        job, run_config={"resources": {"scope": {"config": scope}}}, status=status, tags=job.tags
    )
    return run.run_id


@pytest.mark.parametrize(
    "name", ["sonix_completion", "temi_completion", "sonix_summaries_completion", "temi_low_balance"]
)
def test_a_vendor_without_a_key_is_skipped_aloud(
    name: str, small: Sandbox, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in KEYS:
        monkeypatch.delenv(key)
    requests, said = Evaluator(name, instance).tick()
    assert requests == []
    assert said.endswith("_API_KEY is not set: skipped")


@pytest.mark.parametrize("provider", ["sonix", "temi"])
def test_from_the_first_tick_to_a_completion_in_the_warehouse(
    provider: str, small: Sandbox, instance: dg.DagsterInstance
) -> None:
    """A new installation fills itself, then a completion makes one run over that recording and nothing else."""
    other = {"sonix": "temi", "temi": "sonix"}[provider]
    sensor = Evaluator(f"{provider}_completion", instance)
    [first], _ = sensor.tick()
    assert scope_of(first) == {f"{other}_ids": []}, "a fresh sensor owes a run over the whole account"
    assert execute(first, instance).success
    assert sensor.tick() == ([], "0 open, nothing new; 1 calls")

    add = small.add_sonix if provider == "sonix" else small.add_temi
    done = add(2)
    small.reset_counts()
    [request], _ = sensor.tick()
    assert scope_of(request) == {f"{provider}_ids": sorted(done), f"{other}_ids": []}
    assert request.tags["sonitemi/trigger"] == f"{provider}_completion"
    assert request.tags["sonitemi/news"] == "2 completed"
    assert request.tags[f"sonitemi/reads_{other}"] == "no", "the other vendor's runs need not wait for this one"
    result = execute(request, instance)
    assert result.success
    made = {key.to_user_string() for key in (event.asset_key for event in result.get_asset_materialization_events())}
    assert {"transcripts", "words", "speaker_stats", "warehouse"} <= made
    assert "temi_account_balance" not in made
    assert small.counts_by_id(f"{provider} transcript.get") == dict.fromkeys(done, 1)
    assert not small.counts().get(f"{other} transcript.get")
    assert sensor.tick() == ([], "0 open, nothing new; 1 calls")


def test_news_waits_while_a_run_of_that_vendor_is_queued_or_running(
    small: Sandbox, instance: dg.DagsterInstance
) -> None:
    """Several completions make one run, and none is fetched by two runs at once."""
    run_sync(Settings.from_env())
    sonix, temi = Evaluator("sonix_completion", instance), Evaluator("temi_completion", instance)
    run_id = put_run(instance, dg.DagsterRunStatus.STARTED, {"temi_ids": []})
    small.add_sonix()
    small.add_temi()
    small.reset_counts()
    assert sonix.tick() == ([], f"run {run_id[:8]} reads this vendor; what is new is looked at when it has ended")
    assert not [name for name in small.counts() if name.startswith("sonix")], "a tick that has to wait costs no call"
    assert len(temi.tick()[0]) == 1, "the run reads Sonix only"
    instance.report_run_failed(instance.get_run_by_id(run_id))  # type: ignore[arg-type]
    assert len(sonix.tick()[0]) == 1


def test_many_runs_of_others_on_the_same_instance_hide_none_of_ours(
    small: Sandbox, instance: dg.DagsterInstance
) -> None:
    """A backfill of another team, with runs by the hundred, must not make us ask for the same news again and again."""
    run_sync(Settings.from_env())
    run_id = put_run(instance, dg.DagsterRunStatus.STARTED, {"temi_ids": []})

    @dg.job
    def of_others() -> None: ...

    for _ in range(60):
        instance.create_run_for_job(of_others, status=dg.DagsterRunStatus.STARTED)
    small.add_sonix()
    assert f"run {run_id[:8]} reads this vendor" in Evaluator("sonix_completion", instance).tick()[1]


def test_a_failed_run_is_asked_for_again_under_another_run_key(
    small: Sandbox, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster never repeats a run_key it has used, also of a failed run."""
    sensor = Evaluator("sonix_completion", instance)
    [first], _ = sensor.tick()
    small.faults.fail_next("sonix *", status=403, times=None)
    assert not execute(first, instance).success
    small.faults.clear()
    assert "a full run is owed and its next try is not due" in sensor.tick()[1] or sensor.tick()[0]
    cursor = json.loads(sensor.cursor or "")
    for asked in cursor["asked"].values():
        asked["at"] -= 61
    sensor.cursor = json.dumps(cursor)
    requests, _ = sensor.tick()
    assert len(requests) == 1
    assert requests[0].run_key != first.run_key
    assert execute(requests[0], instance).success
    assert sensor.tick() == ([], "0 open, nothing new; 1 calls")


def test_a_broken_cursor_costs_one_full_run_and_no_error(small: Sandbox, instance: dg.DagsterInstance) -> None:
    sensor = Evaluator("temi_completion", instance)
    sensor.cursor = '{"born_at": 1.0, "version": 1}'
    [request], _ = sensor.tick()
    assert len(scope_of(request)["temi_ids"]) == 3
    for cursor in ("garbage", '{"version":99}', "[]"):
        sensor.cursor = cursor
        [request], _ = sensor.tick()
        assert scope_of(request) == {"sonix_ids": []}
        assert json.loads(sensor.cursor)["version"] == 1


def put_event(recording_id: str | None, provider: str = "sonix", language: str | None = None) -> None:
    with Inbox(inbox_path()) as inbox:
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


def waiting_events() -> int:
    with Inbox(inbox_path()) as inbox:
        return inbox.counts().pending


def test_webhook_events_make_the_runs_that_polling_would_have_made_and_are_done_after_them(
    small: Sandbox, instance: dg.DagsterInstance
) -> None:
    sensor = Evaluator("webhook_inbox", instance)
    assert "there is no inbox" in sensor.tick()[1]
    execute(Evaluator("sonix_completion", instance).tick()[0][0], instance)
    execute(Evaluator("temi_completion", instance).tick()[0][0], instance)
    [media], [job] = small.add_sonix(), small.add_temi()
    put_event(media)
    put_event(media)
    put_event(job, "temi")
    requests, _ = sensor.tick()
    assert [scope_of(request) for request in requests] == [
        {"sonix_ids": [media], "temi_ids": []},
        {"sonix_ids": [], "temi_ids": [job]},
    ]
    assert "next try is not due" in sensor.tick()[1], "asked for, and not done before the run has succeeded"
    assert waiting_events() == 2
    small.reset_counts()
    for request in requests:
        assert execute(request, instance).success
    assert sensor.tick() == ([], "2 events done")
    assert waiting_events() == 0
    polled = [Evaluator(f"{vendor}_completion", instance) for vendor in ("sonix", "temi")]
    for poll in polled:
        poll.cursor = '{"born_at": 1.0, "version": 1}'
        assert poll.tick() == ([], "0 open, nothing new; 1 calls"), "the poll finds nothing left of it"
    assert small.counts_by_id("sonix transcript.get") == {media: 1}


def test_a_translation_that_somebody_made_at_sonix_comes_with_the_event_that_tells_of_it(
    small: Sandbox, instance: dg.DagsterInstance
) -> None:
    run_sync(Settings.from_env())
    [media] = small.add_sonix()
    client = SonixClient.from_settings(Settings.from_env())
    client.translations.create(media, language="es")
    client.translations.wait(media, "es", interval=0.1)
    put_event(media, language="es")
    sensor = Evaluator("webhook_inbox", instance)
    [polled], _ = Evaluator("sonix_completion", instance).tick()
    assert execute(polled, instance).success
    [request], _ = sensor.tick()
    assert scope_of(request) == {"sonix_ids": [media], "sonix_translations": [f"{media}/es"], "temi_ids": []}
    assert execute(request, instance).success
    assert sensor.tick() == ([], "1 events done")
    found = Lake.from_settings(Settings.from_env()).read(TRANSCRIPTS, ["recording_id", "variant"]).to_pylist()
    assert {"recording_id": media, "variant": "translation-es"} in found


def test_events_of_a_vendor_without_a_key_wait_and_hide_none_of_the_other(
    small: Sandbox, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is being replaced must not stop the other vendor's webhooks, however many events pile up."""
    monkeypatch.delenv("SONIX_API_KEY")
    monkeypatch.setattr("sonitemi_pipelines.dagster.sensors.MOST_EVENTS", 3)
    for number in range(5):
        put_event(f"m{number}")
    [job] = small.add_temi()
    put_event(job, "temi")
    [request], _ = Evaluator("webhook_inbox", instance).tick()
    assert scope_of(request) == {"sonix_ids": [], "temi_ids": [job]}
    assert waiting_events() == 6


def test_events_are_not_done_by_a_run_that_skipped_their_vendor_for_want_of_a_key(
    small: Sandbox, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    [media] = small.add_sonix()
    put_event(media)
    with monkeypatch.context() as patch:
        patch.setenv("SONIX_API_KEY", "")
        assert defs.resolve_job_def("sync").execute_in_process(instance=instance).success
    [request], _ = Evaluator("webhook_inbox", instance).tick()
    assert media in scope_of(request)["sonix_ids"]
    assert waiting_events() == 1


def test_events_that_come_one_after_the_other_each_make_a_run_at_once(
    small: Sandbox, instance: dg.DagsterInstance
) -> None:
    """Events that name no recording all look alike; the second is news all the same, not another try of the first."""
    sensor = Evaluator("webhook_inbox", instance)
    for number in range(3):
        with Inbox(inbox_path()) as inbox:
            body = json.dumps({"event": "folder_change", "number": number}).encode()
            inbox.put(
                Delivery(provider="sonix", recording_id=None, kind="folder_change", received_at=utc_now(), body=body)
            )
        [request], _ = sensor.tick()
        assert execute(request, instance).success
        assert sensor.tick() == ([], "1 events done")


def test_without_a_local_disk_there_is_no_inbox_and_no_error(
    small: Sandbox, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver is optional, also where the lake is in a bucket."""
    monkeypatch.setenv("SONITEMI_HOME", "s3://bucket/home")
    monkeypatch.setenv("SONITEMI_WAREHOUSE", "/tmp/warehouse.duckdb")
    assert "there is no inbox" in Evaluator("webhook_inbox", instance).tick()[1]


def test_an_event_that_a_polled_run_has_settled_makes_no_run_of_its_own(
    small: Sandbox, instance: dg.DagsterInstance
) -> None:
    run_sync(Settings.from_env())
    [media] = small.add_sonix()
    put_event(media)
    [polled], _ = Evaluator("sonix_completion", instance).tick()
    assert execute(polled, instance).success
    assert Evaluator("webhook_inbox", instance).tick() == ([], "1 events done")


def test_a_low_balance_is_told_once_for_each_crossing(
    small: Sandbox, instance: dg.DagsterInstance, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lake = Lake.from_settings(Settings.from_env())
    sensor = Evaluator("temi_low_balance", instance)
    assert sensor.tick()[1] == "the balance was not observed yet"
    noon = utc_now().replace(hour=0, minute=0)
    seen = []
    for days_ago, balance in ((3, 90), (2, 60), (1, 30), (0, 200)):
        row = {"observed_at": noon - dt.timedelta(days=days_ago), "balance": Decimal(balance)}
        lake.append(TEMI_ACCOUNT_BALANCE, TEMI_ACCOUNT_BALANCE.from_rows([row]))
        refresh(lake, {"balance_forecast"})
        caplog.clear()
        seen += [sensor.tick()[1] for _ in range(2)]
        told = [record for record in caplog.records if "low_balance" in record.getMessage()]
        assert len(told) == (1 if days_ago == 2 else 0)
    assert "60.00 USD, 2.0 days left at 30.00 USD a day; low" in seen[2]
    assert "low, and told before" in seen[5]
    assert "low" not in seen[7]


SHOW_SCHEDULES = (
    "from dagster_project.definitions import defs\n"
    "for s in defs.get_repository_def().schedule_defs:\n"
    "    print(s.name, s.default_status.value, s.execution_timezone, s.cron_schedule, sep='|')\n"
)


def show_schedules(home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    env = clean_environment(HOME=str(home), SONIX_API_KEY="key", **env)
    return subprocess.run([sys.executable, "-c", SHOW_SCHEDULES], cwd=ROOT, env=env, capture_output=True, text=True)


def test_schedules_are_on_where_a_key_is_and_in_the_users_time_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key a schedule would only make runs that skip; a daily run at 3 means the user's 3 o'clock."""
    done = show_schedules(tmp_path, SONITEMI_TIMEZONE="Europe/Paris", SONITEMI_SYNC_CRON="*/15 6-20 * * 1-5")
    assert set(done.stdout.splitlines()) == {
        "sync_schedule|RUNNING|Europe/Paris|*/15 6-20 * * 1-5",
        "balance_schedule|STOPPED|Europe/Paris|37 */6 * * *",
        "reconcile_schedule|RUNNING|Europe/Paris|23 3 * * *",
        "maintain_schedule|RUNNING|Europe/Paris|53 4 * * 0",
    }
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    assert automation.schedule(*KEYS) is dg.DefaultScheduleStatus.STOPPED


@pytest.mark.parametrize("keys", [("SONIX_API_KEY", "TEMI_API_KEY"), ("TEMI_API_KEY",)])
def test_a_schedule_asks_for_a_run_of_each_vendor_with_a_key(
    small: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    """A vendor whose key was revoked would else keep the other's edits out, which only these runs find."""
    for key in set(KEYS) - set(keys):
        monkeypatch.setenv(key, "")
    schedule = defs.resolve_schedule_def("reconcile_schedule")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        context = dg.build_schedule_context(instance, scheduled_execution_time=dt.datetime(2026, 11, 25, 3, 23))
        requests = schedule.evaluate_tick(context).run_requests or []
    assert [request.tags["sonitemi/provider"] for request in requests] == [key.split("_")[0].lower() for key in keys]
    assert scope_of(requests[-1]) == {"sonix_ids": [], "reread_days": 7}
    assert len({request.run_key for request in requests}) == len(keys)
    small.faults.fail_next("sonix *", status=401, times=None)
    job = defs.resolve_job_def("reconcile")
    request = requests[-1]
    result = job.execute_in_process(
        run_config=request.run_config, asset_selection=request.asset_selection, tags=request.tags
    )
    assert result.success
    made = {key.to_user_string() for key in (event.asset_key for event in result.get_asset_materialization_events())}
    assert {"temi_jobs", "temi_account_balance", "words", "speaker_stats", "warehouse"} <= made
    assert "sonix_media" not in made


def test_a_cron_expression_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    done = show_schedules(tmp_path, SONITEMI_MAINTAIN_CRON="every sunday")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].endswith(
        "SONITEMI_MAINTAIN_CRON=every sunday is not a cron expression such as '53 4 * * 0'"
    )


def test_a_run_whose_process_is_gone_is_ended_and_one_at_work_is_left_alone(tmp_path: Path, small: Sandbox) -> None:
    """It would keep its vendor waiting for ever: nobody else looks after it once its code server has died too."""
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        runs = {}
        for name, pid in (("dead", dead.pid), ("alive", os.getpid())):
            run = instance.get_run_by_id(put_run(instance, dg.DagsterRunStatus.STARTED, {}))
            assert run is not None
            metadata = {"pid": dg.MetadataValue.text(str(pid))}
            instance.report_engine_event(f"Started process for run (pid: {pid}).", run, EngineEventData(metadata))
            runs[name] = run.run_id
        runs["never launched"] = put_run(instance, dg.DagsterRunStatus.STARTED, {})
        sensor = Evaluator("abandoned_runs", instance)
        assert sensor.tick() == ([], f"ended {runs['dead'][:8]}")
        assert sensor.tick() == ([], "every run at work has a process")
        statuses = {name: instance.get_run_by_id(run_id).status.value for name, run_id in runs.items()}  # type: ignore[union-attr]
        assert statuses == {"dead": "FAILURE", "alive": "STARTED", "never launched": "STARTED"}
