"""The session under both clients: retries of what is safe, politeness, time limits, errors that help."""

from __future__ import annotations

import email.utils
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.errors import AuthenticationError, RateLimitedError, ServerError, TransportError
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

from .wire import QUICK


def client_of(sandbox: Sandbox, **options: float) -> SonixClient:
    return SonixClient(sandbox.env["SONIX_API_KEY"], sandbox.base_url, **{**QUICK, **options})


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 502, "html": True}, {"drop_connection": True}])
def test_reads_are_tried_again(sandbox: Sandbox, sonix: SonixClient, fault: dict[str, Any]) -> None:
    """One hiccup of the vendor would otherwise fail a run of an hour."""
    sandbox.faults.fail_next("sonix user.list", times=4, **fault)
    assert sonix.users.list()
    assert sandbox.counts()["sonix user.list"] == 5


def test_retries_end(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A vendor that is down must end the run, with the vendor's words."""
    sandbox.faults.fail_next("sonix user.list", status=503, times=50)
    with pytest.raises(ServerError, match="answered 503: Something went wrong"):
        sonix.users.list()
    assert sandbox.counts()["sonix user.list"] == 5


def test_what_is_wrong_is_not_tried_again(sandbox: Sandbox) -> None:
    """A wrong key tried over and over gets an account locked."""
    with pytest.raises(AuthenticationError):
        SonixClient("wrong", sandbox.base_url).users.list()
    assert sandbox.counts()["sonix user.list"] == 1


def test_a_429_pauses_every_call_to_the_vendor(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Others that go on calling would keep the account over its limit."""
    arrived: list[float] = []
    sandbox.on_request(lambda operation, _, n: arrived.append(time.monotonic()))
    sandbox.faults.fail_next("sonix user.list", status=429, retry_after=1)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(sonix.users.list)
        while not arrived:
            time.sleep(0.01)
        time.sleep(0.1)
        others = [pool.submit(sonix.folders.list) for _ in range(3)]
        assert first.result()
        assert all(other.result() for other in others)
    assert len(arrived) == 5
    assert min(arrived[1:]) - arrived[0] >= 0.99


def test_retry_after_as_a_date(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The header has two forms; the second must not be taken for no wait at all."""
    date = email.utils.formatdate(time.time() + 2, usegmt=True)
    sandbox.faults.fail_next("sonix user.list", status=503, retry_after=date)
    started = time.monotonic()
    assert sonix.users.list()
    assert time.monotonic() - started > 0.9


def test_a_pause_too_long_to_wait_is_told(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A run must not sleep for an hour without a word."""
    sandbox.faults.fail_next("sonix user.list", status=429, retry_after=3600)
    with pytest.raises(RateLimitedError, match="Too many requests"):
        sonix.users.list()
    assert sandbox.counts()["sonix user.list"] == 1


def test_calls_in_flight_are_bounded(sandbox: Sandbox) -> None:
    """A sync of 20,000 recordings must not open 20,000 connections."""
    running, most, lock = 0, 0, threading.Lock()

    def watch(operation: str, record_id: str | None, n: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    sandbox.on_request(watch)
    client = client_of(sandbox, in_flight=3)
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: client.users.list(), range(30)))
    assert 2 <= most <= 3


def test_a_vendor_that_does_not_answer(sandbox: Sandbox) -> None:
    """A hanging vendor would otherwise hang the run for ever."""
    client = client_of(sandbox, read_timeout=0.2, attempts=2)
    sandbox.faults.fail_next("sonix user.list", status=200, slow_s=1.0, times=9)
    with pytest.raises(TransportError, match=r"no answer from http://127\.0\.0\.1.* in time"):
        client.users.list()
    assert sandbox.counts()["sonix user.list"] == 2


def test_a_post_that_got_no_answer_is_not_repeated(sandbox: Sandbox, media_id: str) -> None:
    """It may have been done, and paid."""
    client = client_of(sandbox, read_timeout=0.2)
    sandbox.faults.fail_next("sonix summarization.create", status=200, slow_s=1.0)
    with pytest.raises(TransportError):
        client.summarizations.create(media_id, prompt="Summarize")
    assert sandbox.counts()["sonix summarization.create"] == 1


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_nobody_listens(closed_port: int) -> None:
    """The message has to say where it tried; even a POST is tried again, as nothing was sent."""
    client = SonixClient("k" * 20, f"http://127.0.0.1:{closed_port}/v1", backoff=0.05, attempts=3)
    started = time.monotonic()
    with pytest.raises(TransportError, match=f"cannot reach http://127.0.0.1:{closed_port}/v1.*check the base URL"):
        client.summarizations.create("m", prompt="Summarize")
    assert time.monotonic() - started > 0.07


def test_a_name_that_does_not_resolve_is_told_at_once() -> None:
    """A typing error in the base URL must not be retried for a minute."""
    client = SonixClient("key", "http://sonix.invalid/v1", backoff=5)
    started = time.monotonic()
    with pytest.raises(TransportError, match=r"cannot reach http://sonix\.invalid/v1"):
        client.users.list()
    assert time.monotonic() - started < 5


def test_a_netrc_entry_does_not_replace_the_key(
    sandbox: Sandbox, sonix: SonixClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests reads ~/.netrc by itself: another tool's password would go to the vendor instead of the key."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert sonix.users.list()
    assert sandbox.requests[-1].headers["authorization"] == f"Bearer {sandbox.keys['sonix']}"


def test_the_key_does_not_follow_a_download(sandbox: Sandbox, sonix: SonixClient, tmp_path: Path) -> None:
    """Exports lie in somebody else's file store, whose logs would then hold the key."""
    with pytest.raises(AuthenticationError):
        sonix.session.download(f"{sandbox.base_url}/users", tmp_path / "x", operation="exports.download")
    assert "authorization" not in sandbox.requests[-1].headers


def test_a_key_that_the_vendor_repeats_is_masked(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Error messages end in logs."""
    body = f'{{"message": "no such key: {sandbox.keys["sonix"]}"}}'.encode()
    sandbox.faults.fail_next("sonix user.list", status=401, body=body)
    with pytest.raises(AuthenticationError, match="no such key: <key>"):
        sonix.users.list()


def test_clients_from_the_environment(sandbox: Sandbox) -> None:
    """What the environment says has to reach the session."""
    client = SonixClient.from_settings(Settings.from_env({**sandbox.env, "SONITEMI_IN_FLIGHT": "2"}))
    assert client.users.list()
    assert client.session.base_url == sandbox.base_url
