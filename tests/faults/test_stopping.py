"""SIGINT and SIGTERM end a real process within seconds, whatever it waits for, and the next run goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.run import fetch_lock
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

SIGNALS = {"INT": (signal.SIGINT, 130), "TERM": (signal.SIGTERM, 143)}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=4, sonix=6, temi=4, minutes=(0.2, 0.4)).running() as running:
        yield running


def start(sandbox: Sandbox, home: Path, *command: str) -> subprocess.Popen[str]:
    env = {**os.environ, **sandbox.env, "SONITEMI_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", "sonitemi_pipelines.cli", *command],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str], number: int) -> tuple[float, str]:
    """Seconds until it ended, and its last line."""
    started = time.monotonic()
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    return time.monotonic() - started, told.strip().splitlines()[-1]


def wait_for(sandbox: Sandbox, operation: str, calls: int = 1) -> None:
    until = time.monotonic() + 60
    while sandbox.counts().get(operation, 0) < calls:
        assert time.monotonic() < until, f"no {operation}"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("INT", "429"),
        ("TERM", "lock"),
        pytest.param("TERM", "silence", marks=pytest.mark.slow),
        pytest.param("INT", "transcripts", marks=pytest.mark.slow),
    ],
)
def test_a_sync_stops_within_seconds_whatever_it_waits_for(
    sandbox: Sandbox, home: Path, settings: Settings, name: str, what: str
) -> None:
    """A 429 with 45 s to wait took 310 s to stop, and a hanging vendor as long as its time-outs."""
    number, code = SIGNALS[name]
    lake = Lake.from_settings(settings)
    if what == "429":
        sandbox.faults.fail_next("sonix media.list", status=429, retry_after=45, times=None)
    elif what == "silence":
        sandbox.faults.fail_next("sonix *", status=200, slow_s=60, times=None)
    elif what == "transcripts":
        sandbox.faults.fail_next("* transcript.get", status=200, slow_s=60, times=None)
    process = None
    try:
        if what == "lock":
            with lake.lock(fetch_lock("sonix")):
                process = start(sandbox, home, "sync")
                wait_for(sandbox, "sonix user.list")
                time.sleep(1.0)
                seconds, told = stop(process, number)
        else:
            process = start(sandbox, home, "sync")
            operation = {"429": "sonix media.list", "transcripts": "sonix transcript.get"}.get(
                what, "sonix folder.list"
            )
            wait_for(sandbox, operation)
            time.sleep(0.3)
            seconds, told = stop(process, number)
    finally:
        if process is not None and process.poll() is None:
            process.kill()
    assert seconds < 5.5
    assert process.returncode == code
    assert "run the same command again to go on" in told


@pytest.mark.slow
@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_a_query_stops_in_its_middle(sandbox: Sandbox, home: Path, settings: Settings, name: str) -> None:
    """DuckDB made an error of its own of a Ctrl-C: a traceback, and exit code 1."""
    number, code = SIGNALS[name]
    home.mkdir()
    duckdb.connect(str(settings.warehouse)).close()
    endless = "SELECT count(*) FROM range(1000000000000) t(n) WHERE n % 7 = 3"
    process = start(sandbox, home, "query", endless)
    try:
        until = time.monotonic() + 60
        while str(settings.warehouse) not in open_files(process.pid):
            assert time.monotonic() < until, "it never opened the warehouse"
            time.sleep(0.05)
        time.sleep(1.0)
        seconds, told = stop(process, number)
    finally:
        if process.poll() is None:
            process.kill()
    assert seconds < 5.5
    assert process.returncode == code
    assert "run the same command again to go on" in told


def open_files(process: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(link.readlink()))
    return found
