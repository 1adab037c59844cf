"""The sensor that tells somebody, from a failing check to its recovery, in front of a listener."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts.runner import refresh
from tests.orchestration.deployed import Deployed, Evaluator


class Listener:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                notice = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                listener.told.append((notice["kind"], notice["text"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def new(self) -> list[tuple[str, str]]:
        """What was told since the last time."""
        told, self.told = self.told, []
        return told


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


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
