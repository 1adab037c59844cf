"""The receiver as a user runs it: a process of its own, reached over real HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from sonitemi_pipelines.webhooks import Event, Inbox

URL_SECRET = "url-secret-of-the-tests-0001"
SONIX_SECRET = "signing secret of the tests"

_RUN = """
import dataclasses, datetime, json, sys
from sonitemi_pipelines.vendors import hooks
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.webhooks import serve
fields = json.loads(sys.argv[1])
if "dedup_window_s" in fields:
    fields["dedup_window"] = datetime.timedelta(seconds=fields.pop("dedup_window_s"))
config = dataclasses.replace(Settings.from_env().webhooks, **fields)
serve(config, hooks(), port=int(sys.argv[2]))
"""


@dataclass
class Server:
    """A running receiver."""

    process: subprocess.Popen[bytes]
    url: str
    port: int
    home: Path
    log_path: Path

    @property
    def inbox_path(self) -> Path:
        return self.home / "inbox" / "webhooks.sqlite"

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def post(self, path: str, body: Any = b"", **headers: str) -> requests.Response:
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(self.url + path, data=data, headers=named, timeout=15)

    def events(self) -> list[Event]:
        with Inbox(self.inbox_path) as inbox:
            return inbox.pending(1_000_000)

    def counter(self, route: str, outcome: str) -> int:
        page = requests.get(self.url + "/metrics", timeout=15).text
        name = f'sonitemi_webhook_requests_total{{route="{route}",outcome="{outcome}"}} '
        return next((int(line.removeprefix(name)) for line in page.splitlines() if line.startswith(name)), 0)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


StartServer = Callable[..., Server]


@contextlib.contextmanager
def _launcher(folder: Path) -> Iterator[StartServer]:
    started: list[subprocess.Popen[bytes]] = []

    def start(
        *, port: int = 0, env: dict[str, str] | None = None, largest_file: int | None = None, **config: Any
    ) -> Server:
        secrets = {"SONITEMI_WEBHOOK_URL_SECRET": URL_SECRET, "SONIX_WEBHOOK_SECRET": SONIX_SECRET}
        environment = {"PATH": os.environ["PATH"], "SONITEMI_HOME": str(folder / "home")}
        environment |= secrets if env is None else env

        def limit_files() -> None:
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        log_path = folder / f"receiver-{len(started)}.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _RUN, json.dumps(config), str(port)],
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=limit_files,
            )
        started.append(process)
        deadline = time.monotonic() + 30
        while (found := re.search(r"receiving webhooks on (http://127\.0\.0\.1:(\d+))", log_path.read_text())) is None:
            assert process.poll() is None, log_path.read_text()
            assert time.monotonic() < deadline, log_path.read_text()
            time.sleep(0.02)
        return Server(process, found[1], int(found[2]), folder / "home", log_path)

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start a receiver on the test's own home; keywords are fields of WebhookSettings, and `dedup_window_s`."""
    with _launcher(tmp_path) as start:
        yield start


@pytest.fixture
def server(start_server: StartServer) -> Server:
    """A receiver with both secrets and default limits, for one test."""
    return start_server()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same for the tests of a module that compare before and after."""
    with _launcher(tmp_path_factory.mktemp("shared")) as start:
        yield start()
