"""Dagster as a real process: `dagster dev` with its webserver and daemon, spoken to over GraphQL."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.defs_state.base import set_defs_state_storage

from sonitemi_pipelines.cli.demo import INSTANCE
from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.deployed import Deployed

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without any setting of ours or Dagster's."""
    ours = ("SONIX_", "TEMI_", "SONITEMI_", "DAGSTER_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "DAGSTER_DISABLE_TELEMETRY": "1", **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DagsterDev:
    """A running `dagster dev`."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], env: dict[str, str], location: str) -> None:
        self.url, self.process, self.env, self.location = url, process, env, location

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Data of a GraphQL answer; an error in it fails the test."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return dict(found["data"])

    def launch(self, job: str, run_config: dict[str, Any] | None = None) -> str:
        """Start a job; returns the run id."""
        selector = {"repositoryLocationName": self.location, "repositoryName": "__repository__", "jobName": job}
        found = self.ask(
            """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
               ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
               ... on RunConfigValidationInvalid { errors { message } } } }""",
            params={"selector": selector, "runConfigData": run_config or {}},
        )["launchRun"]
        assert found["__typename"] == "LaunchRunSuccess", found
        return str(found["run"]["runId"])

    def wait(self, run_id: str, seconds: float = 120) -> str:
        """The status a run ends with."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run = self.ask("query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run_id)
            if (status := run["runOrError"]["status"]) in ("SUCCESS", "FAILURE", "CANCELED"):
                return str(status)
            time.sleep(0.5)
        raise AssertionError(f"run {run_id} did not end in {seconds} s")


@contextmanager
def running_dagster(
    home: Path, workspace: Path = ROOT / "workspace.yaml", location: str = "sonitemi", /, **env: str
) -> Iterator[DagsterDev]:
    """`dagster dev` on a workspace, this checkout's by default, until the block ends; every process of it is gone
    after.
    """
    instance = home / "dagster"
    instance.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(INSTANCE, instance / "dagster.yaml")
    port = free_port()
    full = clean_environment(SONITEMI_HOME=str(home / "data"), DAGSTER_HOME=str(instance), **env)
    with (home / "dagster.log").open("wb") as log:
        process = subprocess.Popen(
            ["dagster", "dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)],
            cwd=workspace.parent,
            env=full,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        dev = DagsterDev(f"http://127.0.0.1:{port}", process, full, location)
        try:
            deadline = time.monotonic() + 300
            while True:
                assert process.poll() is None, (home / "dagster.log").read_text()[-3000:]
                assert time.monotonic() < deadline, (home / "dagster.log").read_text()[-3000:]
                try:
                    repositories = dev.ask(
                        "{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name } } } } }"
                    )
                    if repositories["repositoriesOrError"].get("nodes"):
                        break
                except OSError:
                    pass
                time.sleep(0.5)
            yield dev
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture(autouse=True)
def no_instance_of_another_test() -> Iterator[None]:
    """An instance that was garbage collected leaves its storage behind, and the next definitions would ask it."""
    with set_defs_state_storage(None):
        yield


class Listener:
    """A server that keeps what it is told, as (kind, text)."""

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


@contextmanager
def listening() -> Iterator[Listener]:
    found = Listener()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        found.server.shutdown()
        thread.join()
        found.server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def dagster_dev(tmp_path: Path, sandbox: Sandbox) -> Iterator[DagsterDev]:
    # Runs of sensors would come between the runs that these tests launch and count.
    with running_dagster(tmp_path, **sandbox.env, SONITEMI_AUTOMATION="off") as dev:
        yield dev


@pytest.fixture
def small(home: Path) -> Iterator[Deployed]:
    """A small account and its deployment."""
    with Sandbox(seed=6, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        sandbox.add_sonix(3)
        sandbox.add_temi(3)
        yield Deployed(sandbox, str(home), dict(sandbox.keys))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral
