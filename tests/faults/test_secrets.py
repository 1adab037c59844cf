"""A full faulty day at debug level: no secret stands in any byte that was written, shown, sent or listed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.conftest import DagsterDev, Listener, listening, running_dagster

from .held import places_that_hold

SECRETS = {
    "SONIX_API_KEY": "sonix-key-recognisable-0001",
    "TEMI_API_KEY": "temi-key-recognisable-0002",
    "a password in a base URL": "base-password-recognisable-0003",
    "SONITEMI_WEBHOOK_URL_SECRET": "callback-recognisable-0004",
    "SONIX_WEBHOOK_SECRET": "signing-recognisable-0005",
    "a token in SONITEMI_NOTIFY_URL": "notify-recognisable-0006",
    "a password in SONITEMI_SMTP_URL": "mail-recognisable-0007",
    "a token in SONITEMI_SLACK_URL": "slack-recognisable-0008",
    "a signature of a URL to fetch": "feedbeefrecognisable0009",
}
KNOWN_TO_VENDORS = 5
"""The first of them: what a vendor may have been told, and so may say in an answer."""
ECHO = {
    "code": 400,
    "message": " ".join(["bad request of", *list(SECRETS.values())[:KNOWN_TO_VENDORS], "https://u:pw@a"]),
}
SIGNED = f"https://media.example.com/a.mp3?X-Amz-Signature={SECRETS['a signature of a URL to fetch']}&X-Amz-Date=1"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sonix, temi = SECRETS["SONIX_API_KEY"], SECRETS["TEMI_API_KEY"]
    with Sandbox(seed=6, sonix=2, temi=2, minutes=(0.1, 0.2), sonix_key=sonix, temi_key=temi).running() as running:
        yield running


@contextmanager
def listing_processes() -> Iterator[list[str]]:
    """Command lines that hold a secret, of any process of this machine meanwhile. What a person typed with `submit`
    is theirs to see.
    """
    found: list[str] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    line = process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    found.extend(
                        f"{name}: {line[:300]}"
                        for name, secret in SECRETS.items()
                        if secret in line and " submit " not in line
                    )

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def settings_of(sandbox: Sandbox, listener: Listener) -> dict[str, str]:
    def secret(name: str) -> str:
        return SECRETS[name]

    return {
        **sandbox.env,
        "SONIX_BASE_URL": sandbox.base_url.replace("//", f"//operator:{secret('a password in a base URL')}@"),
        "SONITEMI_WEBHOOK_URL_SECRET": secret("SONITEMI_WEBHOOK_URL_SECRET"),
        "SONIX_WEBHOOK_SECRET": secret("SONIX_WEBHOOK_SECRET"),
        "SONITEMI_NOTIFY_URL": f"{listener.url}?token={secret('a token in SONITEMI_NOTIFY_URL')}",
        "SONITEMI_SMTP_URL": f"smtp://me:{secret('a password in SONITEMI_SMTP_URL')}@127.0.0.1:9",
        "SONITEMI_MAIL_FROM": "a@example.com",
        "SONITEMI_MAIL_TO": "b@example.com",
        "SONITEMI_SLACK_URL": f"http://127.0.0.1:9/services/{secret('a token in SONITEMI_SLACK_URL')}",
    }


def echoing(sandbox: Sandbox) -> None:
    """Every operation fails now and then, in any way, and says all that a vendor knows of us."""
    sandbox.faults.fail_next("*", status=400, body=json.dumps(ECHO).encode(), times=4)
    sandbox.faults.random(0.2, seed=4)


def by_command(sandbox: Sandbox, env: dict[str, str], folder: Path) -> None:
    """Commands at debug level, beside a receiver that is told what a vendor, a stranger and an attacker tell it."""

    def run(*argv: str, **more: str) -> None:
        with (folder / "terminal").open("ab") as terminal:
            subprocess.run(
                [sys.executable, "-m", "sonitemi_pipelines.cli", "-vv", *argv],
                env={**env, **more}, stdout=terminal, stderr=terminal, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip

    callback = f"https://me.example.com/temi/callback/{SECRETS['SONITEMI_WEBHOOK_URL_SECRET']}"
    with (folder / "receiver").open("wb") as said:
        receiver = subprocess.Popen(
            [sys.executable, "-m", "sonitemi_pipelines.cli", "-vv", "webhooks", "--port", "0"],
            env=env, stdout=said, stderr=said,
        )  # fmt: skip
        try:
            run("sync")
            echoing(sandbox)
            run("submit", "sonix", SIGNED, "--language", "en", "--callback-url", callback)
            run("submit", "temi", SIGNED, "--callback-url", callback)
            run("submit", "temi", SIGNED)
            run("sync")
            run("doctor", SONIX_BASE_URL=f"{sandbox.base_url}?api_key={SECRETS['SONIX_API_KEY']}")
            run("temi", "jobs", "list")
            url = address(folder / "receiver")
            job = {"id": "abc", "status": "transcribed", "callback_url": callback, "metadata": SIGNED}
            for path, body in (
                (f"temi/callback/{SECRETS['SONITEMI_WEBHOOK_URL_SECRET']}", {"job": job}),
                (f"temi/callback/{SECRETS['SONITEMI_WEBHOOK_URL_SECRET']}", job),
                (f"sonix/callback/{SECRETS['SONITEMI_WEBHOOK_URL_SECRET']}", {"id": "m1", "callback_url": callback}),
                (f"sonix/callback/{SECRETS['SONITEMI_WEBHOOK_URL_SECRET']}x", {"id": "m2"}),
                (f"nowhere/{SECRETS['SONITEMI_WEBHOOK_URL_SECRET']}", {"id": "m3"}),
            ):
                requests.post(f"{url}/{path}", json=body, timeout=15)
                requests.post(f"{url}/{path}", data=body, timeout=15)
            headers = {"X-Sonix-Signature": SECRETS["SONIX_WEBHOOK_SECRET"]}
            requests.post(f"{url}/sonix/webhook", json={"event": "x"}, headers=headers, timeout=15)
        finally:
            receiver.terminate()
            receiver.wait(20)
    sandbox.faults.clear()


def address(said: Path) -> str:
    until = time.monotonic() + 60
    while (found := said.read_text("utf-8").partition("receiving webhooks on ")[2].split()[:1]) == []:
        assert time.monotonic() < until, said.read_text("utf-8")
        time.sleep(0.05)
    return found[0]


_START = """
mutation ($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename
  ... on PythonError { message } } }
"""


def by_dagster(sandbox: Sandbox, dev: DagsterDev, listener: Listener) -> None:
    """Runs that fail in a real deployment, until somebody has been told."""
    selector = {"repositoryLocationName": dev.location, "repositoryName": "__repository__", "sensorName": "notices"}
    begun = dev.ask(_START, selector=selector)["startSensor"]
    assert begun["__typename"] == "Sensor", begun
    echoing(sandbox)
    assert dev.wait(dev.launch("sync"), 900) in ("SUCCESS", "FAILURE")
    sandbox.faults.clear()
    [media] = sandbox.add_sonix(1, minutes=0.1)
    for operation, id_ in (("sonix transcript.get", media), ("temi account.get", None)):
        sandbox.faults.fail_next(operation, id=id_, status=400, body=json.dumps(ECHO).encode(), times=None)
    assert dev.wait(dev.launch("sync"), 900) == "FAILURE"
    until = time.monotonic() + 300
    while not listener.told:
        assert time.monotonic() < until, "nobody was told"
        time.sleep(0.5)


@pytest.mark.slow
def test_a_faulty_day_at_debug_level_shows_no_secret_anywhere(sandbox: Sandbox, tmp_path: Path) -> None:
    """Terminal, logs, event log, compute logs, notices, inbox, lake, warehouse, state and the list of processes."""
    with listening() as listener, listing_processes() as listed:
        ours = settings_of(sandbox, listener)
        env = {**os.environ, **ours, "SONITEMI_HOME": str(tmp_path / "data")}
        by_command(sandbox, env, tmp_path)
        with running_dagster(tmp_path, **ours, SONITEMI_AUTOMATION="off") as dev:
            by_dagster(sandbox, dev, listener)
        told = list(listener.told)
    (tmp_path / "notices").write_text(str(told), "utf-8")
    terminal = (tmp_path / "terminal").read_bytes()
    assert b"DEBUG" in terminal
    assert b"<key>" in terminal
    kinds = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert {".parquet", ".duckdb", ".sqlite", ".db"} <= kinds, kinds
    names = {secret: name for name, secret in SECRETS.items()}
    found = places_that_hold(tmp_path, names)
    assert {names[secret]: places for secret, places in found.items()} == {}
    assert listed == []
