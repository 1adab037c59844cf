"""The sensor that tells somebody, from a failing check to its recovery, in front of a listener."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster_shared.error import SerializableErrorInfo

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.dagster import notices
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts.runner import refresh
from tests.orchestration.conftest import Listener
from tests.orchestration.deployed import Deployed, Evaluator


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


@pytest.mark.slow
def test_what_fails_is_told_once_and_its_end_once(
    small: Deployed, listener: Listener, stored: dg.DagsterInstance
) -> None:
    """Six missing transcripts must not end in silence, nor in a message an hour."""
    deployed = small.again(notify_url=listener.url)
    sensor = Evaluator("notices", stored, deployed)
    sync = deployed.defs.resolve_job_def("sync")
    assert sync.execute_in_process(instance=stored).success
    sensor.tick()
    assert listener.new() == []
    [media] = small.sandbox.add_sonix()
    small.sandbox.faults.fail_next("sonix transcript.get", id=media, status=404, times=None)
    for _ in range(2):
        assert not sync.execute_in_process(instance=stored, raise_on_error=False).success
        sensor.tick()
    [(kind, text)] = listener.new()
    assert kind == "check_failed"
    assert text.startswith("all_transcripts_arrived of transcripts failed: sonix")
    assert media in text
    small.sandbox.faults.clear()
    assert sync.execute_in_process(instance=stored).success
    sensor.tick()
    sensor.tick()
    assert listener.new() == [("check_failed_recovered", "all_transcripts_arrived of transcripts passes again")]
    small.sandbox.faults.fail_next("sonix *", status=401, times=None)
    assert not sync.execute_in_process(instance=stored, raise_on_error=False).success
    sensor.tick()
    told = listener.new()
    assert {kind for kind, _ in told} == {"check_failed"}
    assert any("everything_answered of sonix_media failed" in text and "401" in text for _, text in told)


def test_a_run_that_dies_is_told_with_its_job(small: Deployed, listener: Listener, stored: dg.DagsterInstance) -> None:
    """No check speaks for a run that never came to evaluate one."""
    deployed = small.again(notify_url=listener.url)
    sensor = Evaluator("notices", stored, deployed)
    run_id = deployed.put_run(stored, dg.DagsterRunStatus.STARTED, {})
    stored.report_run_failed(stored.get_run_by_id(run_id))  # type: ignore[arg-type]
    sensor.tick()
    sensor.tick()
    [(kind, text)] = listener.new()
    assert kind == "run_failed"
    assert text.startswith(f"sync failed in run {run_id[:8]}")


def test_low_credit_is_told_once_for_each_crossing(
    small: Deployed, listener: Listener, stored: dg.DagsterInstance
) -> None:
    sensor = Evaluator("notices", stored, small.again(notify_url=listener.url))
    table = TABLES["temi_account_balance"]
    noon = utc_now().replace(hour=0, minute=0)
    told = []
    for days_ago, balance in ((3, 90), (2, 60), (1, 30), (0, 200)):
        row = {"observed_at": noon - dt.timedelta(days=days_ago), "balance": Decimal(balance)}
        small.lake.append(table, table.from_rows([row]))
        refresh(small.lake, {"balance_forecast"})
        sensor.tick()
        sensor.tick()
        told.append([kind for kind, _ in listener.new()])
    assert told == [[], ["low_balance"], [], ["low_balance_recovered"]]


def test_a_table_that_is_late_is_told_once_and_once_when_it_is_back(
    small: Deployed, listener: Listener, stored: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schedule that somebody switched off makes no check fail: only the tables grow old."""
    deployed = small.again(notify_url=listener.url)
    sensor = Evaluator("notices", stored, deployed)
    for name in ("sonix_media", "temi_jobs"):
        stored.report_runless_asset_event(dg.AssetMaterialization(name))
    sensor.tick()
    assert listener.new() == []
    later = SimpleNamespace(time=lambda: time.time() + 100 * 3600)
    monkeypatch.setattr(notices, "time", later)
    sensor.tick()
    sensor.tick()
    assert sorted(listener.new()) == [
        ("late", "sonix_media is late: Sonix was last read to the end 100 h ago"),
        ("late", "temi_jobs is late: Temi was last read to the end 100 h ago"),
    ]
    monkeypatch.undo()
    sensor.tick()
    sensor.tick()
    assert sorted(listener.new()) == [
        ("late_recovered", "sonix_media is up to date again"),
        ("late_recovered", "temi_jobs is up to date again"),
    ]


def test_ticks_that_fail_again_and_again_are_told_once(
    small: Deployed, listener: Listener, stored: dg.DagsterInstance
) -> None:
    """A sensor whose ticks fail launches no run, so that no run and no check can tell of it."""
    deployed = small.again(notify_url=listener.url, failed_ticks=3)
    sensor = Evaluator("notices", stored, deployed)
    origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("ours"), "__repository__").get_instigator_origin(
        "temi_completion"
    )
    state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, SensorInstigatorData())
    stored.add_instigator_state(state)

    def ticks(*statuses: TickStatus) -> list[tuple[str, str]]:
        for status in statuses:
            error = SerializableErrorInfo("TickFailed: Temi does not answer\n", [], "TickFailed")
            stored.create_tick(
                TickData(
                    instigator_origin_id=state.instigator_origin_id,
                    selector_id=state.selector_id,
                    instigator_name=state.name,
                    instigator_type=InstigatorType.SENSOR,
                    status=status,
                    run_ids=[],
                    timestamp=time.time(),
                    error=error if status is TickStatus.FAILURE else None,
                )
            )
            sensor.tick()
        return listener.new()

    assert ticks(TickStatus.SUCCESS, TickStatus.FAILURE, TickStatus.FAILURE) == []
    told = ticks(TickStatus.FAILURE, TickStatus.FAILURE)
    assert told == [("ticks_failed", "temi_completion failed 3 times in a row: Temi does not answer")]
    assert ticks(TickStatus.SKIPPED, TickStatus.FAILURE) == [("ticks_failed_recovered", "temi_completion works again")]
