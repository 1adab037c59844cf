"""From completed at the vendor to queryable in the warehouse: how long a person waits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.conftest import ROOT, free_port, running_dagster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = 2
_SIGNED = "signing secret of the latency test"
_SERVE = "import sys; from sonitemi_pipelines.vendors import hooks; " \
         "from sonitemi_pipelines.settings import Settings; from sonitemi_pipelines.webhooks import serve; " \
         "serve(Settings.from_env().webhooks, hooks(), port=int(sys.argv[1]))"  # fmt: skip


def seconds_to_queryable(warehouse: Path, provider: str, recording_id: str, longest: float) -> float:
    """Counted until the words and a mart of the recording can be read."""
    start = time.monotonic()
    sql = (
        "SELECT (SELECT count(*) FROM words WHERE provider = $1 AND recording_id = $2) > 0 AND "
        "(SELECT count(*) FROM speaker_stats WHERE provider = $1 AND recording_id = $2) > 0"
    )
    while time.monotonic() - start < longest:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            if connection.execute(sql, [provider, recording_id]).fetchall() == [(True,)]:
                return time.monotonic() - start
        time.sleep(0.1)
    return longest


def measure(sandbox: Sandbox, warehouse: Path, longest: float, pause: Callable[[int], float]) -> list[float]:
    deadline = time.monotonic() + 240
    while not (warehouse.exists() and seconds_to_queryable(warehouse, "temi", sandbox_temi(sandbox), 0.5) < 0.5):
        assert time.monotonic() < deadline, "the first run did not fill the warehouse"
    taken = []
    for number in range(ROUNDS):
        add = sandbox.add_sonix if number % 2 == 0 else sandbox.add_temi
        [recording_id] = add(status="transcribing" if number % 2 == 0 else "in_progress", minutes=5)
        # Until the lake has seen it open and no run is at work any more.
        time.sleep(pause(number))
        sandbox.complete(recording_id)
        taken.append(seconds_to_queryable(warehouse, "sonix" if number % 2 == 0 else "temi", recording_id, longest))
    print("seconds from completion to queryable:", [round(value, 1) for value in taken])
    return taken


def sandbox_temi(sandbox: Sandbox) -> str:
    return next(job.id for job in sandbox.vendors.temi.jobs if job.status == "transcribed")


def test_polling_every_30_seconds_brings_a_completion_in_90_seconds(tmp_path: Path, sandbox: Sandbox) -> None:
    with running_dagster(tmp_path, **sandbox.env):
        taken = measure(sandbox, tmp_path / "data" / "warehouse.duckdb", 180, lambda number: 50 + 7 * number)
    assert max(taken) < 90


def test_a_long_import_of_one_vendor_does_not_keep_the_other_waiting(tmp_path: Path) -> None:
    """A new installation with years of Sonix media shows Temi's completions all the while."""
    with Sandbox(seed=8, sonix=24, temi=6, quirks=False, minutes=(0.3, 0.8)).running() as sandbox:
        sandbox.faults.fail_next("sonix transcript.get", status=200, slow_s=55, times=None)
        with running_dagster(tmp_path, **sandbox.env):
            warehouse = tmp_path / "data" / "warehouse.duckdb"
            deadline = time.monotonic() + 120
            while not (warehouse.exists() and sandbox.counts().get("sonix transcript.get")):
                assert time.monotonic() < deadline, "one of the vendors waits for the other"
                time.sleep(0.5)
            [job] = sandbox.add_temi(minutes=1)
            assert seconds_to_queryable(warehouse, "temi", job, 90) < 90
            arrived = sandbox.counts(ok=True).get("sonix transcript.get", 0)
            assert arrived < 24, "Sonix was too quick for this test to show anything"


@pytest.mark.long
def test_a_webhook_brings_a_completion_in_20_seconds(tmp_path: Path, sandbox: Sandbox) -> None:
    port = free_port()
    env = {
        **sandbox.env,
        "SONIX_WEBHOOK_SECRET": _SIGNED,
        "SONITEMI_WEBHOOK_URL_SECRET": "url-secret-of-the-latency-test",
    }
    with running_dagster(tmp_path, **env) as dev:
        receiver = subprocess.Popen([sys.executable, "-c", _SERVE, str(port)], cwd=ROOT, env={**os.environ, **dev.env})
        try:
            sandbox.set_webhook(f"http://127.0.0.1:{port}/sonix/events", _SIGNED)
            sandbox_callback = f"http://127.0.0.1:{port}/temi/callback/url-secret-of-the-latency-test"
            complete = sandbox.complete

            def complete_with_callback(recording_id: str) -> None:
                job = sandbox.vendors.temi.jobs.get(recording_id)
                if job is not None:
                    job.callback_url = sandbox_callback
                complete(recording_id)

            sandbox.complete = complete_with_callback  # type: ignore[method-assign, assignment]
            taken = measure(sandbox, tmp_path / "data" / "warehouse.duckdb", 120, lambda number: 50 + 7 * number)
        finally:
            receiver.terminate()
            receiver.wait()
    assert max(taken) < 20
