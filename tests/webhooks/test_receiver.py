"""If these fail, a genuine callback is not stored, or something else is. All over HTTP to a real receiver process."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import hooks
from sonitemi_pipelines.webhooks import serve
from tests.webhooks.conftest import SONIX_SECRET, URL_SECRET, Server, StartServer

SONIX_CALLBACK = f"/sonix/callback/{URL_SECRET}"
TEMI_CALLBACK = f"/temi/callback/{URL_SECRET}"
EVENT = b'{"event": "transcription_finished", "media": {"id": "DT2ePNvJ"}}'


def signature(body: bytes, secret: str = SONIX_SECRET) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def test_callbacks_of_both_vendors_are_stored_as_hints_with_their_bytes(server: Server) -> None:
    media = b'{"id":"DT2ePNvJ",  "status":"completed","name":"Podcast"}'
    job = b'{"job": {"id": "sd11111", "status": "transcribed"}}'
    assert server.post(SONIX_CALLBACK, media).json() == {"status": "stored"}
    assert server.post(TEMI_CALLBACK, job).json() == {"status": "stored"}
    stored = [(event.provider, event.recording_id, event.kind, event.body) for event in server.events()]
    assert stored == [
        ("sonix", "DT2ePNvJ", "status_change", media),
        ("temi", "sd11111", "status_change", job),
    ]


@pytest.mark.parametrize("kind", ["transcription_finished", "translation_finished", "label_change", "folder_change"])
def test_signed_events_are_accepted_in_every_encoding(server: Server, kind: str) -> None:
    for index, encode in enumerate(
        (
            lambda digest: digest.hex(),
            lambda digest: "sha256=" + digest.hex(),
            lambda digest: base64.b64encode(digest).decode(),
            lambda digest: "sha256=" + base64.b64encode(digest).decode(),
        )
    ):
        body = json.dumps({"event": kind, "media": {"id": f"m{index}"}}).encode()
        answer = server.post("/sonix/events", body, X_Webhook_Signature=encode(signature(body)))
        assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    assert [(event.recording_id, event.kind) for event in server.events()] == [
        (f"m{index}", kind) for index in range(4)
    ]


def test_a_sender_that_missed_our_answer_gets_200_again_and_a_replay_gets_409(start_server: StartServer) -> None:
    """A retry that was refused would make the vendor try for ever; a recorded event may not wake us a year later."""
    server = start_server(dedup_window_s=2)
    headers = {"X_Webhook_Signature": signature(EVENT).hex()}
    assert server.post("/sonix/events", EVENT, **headers).json() == {"status": "stored"}
    retry = server.post("/sonix/events", EVENT, **headers)
    assert (retry.status_code, retry.json()) == (200, {"status": "duplicate"})
    time.sleep(2.5)
    replay = server.post("/sonix/events", EVENT, **headers)
    assert (replay.status_code, replay.json()) == (409, {"error": "this event was received before"})
    assert len(server.events()) == 1
    assert [server.counter("sonix_event", outcome) for outcome in ("stored", "duplicate", "replayed")] == [1, 1, 1]
    assert "ERROR" not in server.log


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536
    yield b"{}"


REFUSED = [
    pytest.param("/sonix/events", EVENT, {}, 401, "bad_signature", id="unsigned"),
    pytest.param("/sonix/events", EVENT, {"X_Webhook_Signature": "00" * 32}, 401, "bad_signature", id="forged"),
    pytest.param(
        "/sonix/events",
        EVENT + b" ",
        {"X_Webhook_Signature": signature(EVENT).hex()},
        401,
        "bad_signature",
        id="changed after signing",
    ),
    pytest.param(
        "/sonix/events",
        EVENT,
        {"X_Webhook_Signature": signature(EVENT, "another").hex()},
        401,
        "bad_signature",
        id="signed with another secret",
    ),
    pytest.param(
        "/sonix/events", b"{", {"X_Webhook_Signature": signature(b"{").hex()}, 400, "malformed", id="signed, no JSON"
    ),
    pytest.param("/sonix/callback/" + "x" * 28, {"id": "m1"}, {}, 404, "bad_secret", id="wrong secret, Sonix"),
    pytest.param("/temi/callback/%C3%A9%FF", {"job": {"id": "1"}}, {}, 404, "bad_secret", id="wrong secret, Temi"),
    pytest.param(SONIX_CALLBACK, b"", {}, 400, "malformed", id="empty"),
    pytest.param(SONIX_CALLBACK, b"name=m1", {}, 400, "malformed", id="a form without an id"),
    pytest.param(SONIX_CALLBACK, {"status": "completed"}, {}, 400, "malformed", id="no media id"),
    pytest.param(SONIX_CALLBACK, b"[" * 500_000, {}, 400, "malformed", id="deeply nested"),
    pytest.param(TEMI_CALLBACK, {"status": "failed"}, {}, 400, "malformed", id="no job"),
    pytest.param(SONIX_CALLBACK, b'{"id": "m1"}' + b" " * 2**20, {}, 413, "too_large", id="over the limit"),
    pytest.param("/sonix/events", b" " * 3 * 2**20, {}, 413, "too_large", id="over the limit, unsigned"),
]


@pytest.mark.parametrize(("path", "body", "headers", "status", "outcome"), REFUSED)
def test_what_is_not_genuine_gets_its_4xx_and_leaves_only_a_counter(
    shared_server: Server, path: str, body: object, headers: dict[str, str], status: int, outcome: str
) -> None:
    server = shared_server
    route = path.strip("/").rsplit("/", path.count("/") - 2)[0].replace("/", "_").removesuffix("s")
    before = server.counter(route, outcome)
    answer = server.post(path, body, **headers)
    assert answer.status_code == status
    assert server.counter(route, outcome) == before + 1
    assert server.events() == []
    assert "ERROR" not in server.log


def test_a_wrong_secret_looks_just_like_a_page_that_does_not_exist(shared_server: Server) -> None:
    wrong = shared_server.post("/sonix/callback/" + "x" * 28, b"{}")
    absent = shared_server.post("/sonix/nothing/" + "x" * 28, b"{}")
    assert (wrong.status_code, wrong.content) == (absent.status_code, absent.content)
    assert wrong.headers.keys() == absent.headers.keys()


def test_a_body_without_a_length_is_measured_too(shared_server: Server) -> None:
    answer = shared_server.post(SONIX_CALLBACK, _chunks(2 * 2**20))
    assert answer.status_code == 413
    assert shared_server.events() == []


def test_a_body_of_exactly_the_limit_is_taken(start_server: StartServer) -> None:
    server = start_server(max_body=1000)
    assert server.post(SONIX_CALLBACK, b'{"id":"m1"}'.ljust(1000)).status_code == 200
    assert server.post(SONIX_CALLBACK, b'{"id":"m2"}'.ljust(1001)).status_code == 413
    assert [event.recording_id for event in server.events()] == ["m1"]


def test_a_sender_that_stalls_or_hangs_up_holds_nothing_open(start_server: StartServer) -> None:
    server = start_server(body_timeout=0.3)
    head = f"POST {SONIX_CALLBACK} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode() + b'{"id":'
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head)
    deadline = time.monotonic() + 10
    while server.counter("sonix_callback", "disconnected") + server.counter("sonix_callback", "too_slow") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert server.events() == []
    assert "ERROR" not in server.log


def test_too_many_requests_are_told_when_to_come_back(start_server: StartServer) -> None:
    server = start_server(rate_limit=2)
    answers = [server.post(SONIX_CALLBACK, {"id": f"m{number}"}) for number in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:4]] == [200] * 4
    assert refused
    assert len(server.events()) == 12 - len(refused)
    assert server.counter("sonix_callback", "rate_limited") == len(refused)
    time.sleep(int(refused[0].headers["Retry-After"]))
    assert server.post(SONIX_CALLBACK, {"id": "later"}).status_code == 200


def test_behind_a_trusted_proxy_clients_are_limited_each_for_itself(start_server: StartServer) -> None:
    server = start_server(rate_limit=0.01)
    for client in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        assert server.post(SONIX_CALLBACK, {"id": client[-1]}, X_Forwarded_For=client).status_code == 200
        assert server.post(SONIX_CALLBACK, {"id": client[-1]}, X_Forwarded_For=client).status_code == 429


def test_an_untrusted_sender_cannot_dodge_the_limit_by_naming_other_addresses(start_server: StartServer) -> None:
    server = start_server(rate_limit=0.01, trusted_proxies="192.0.2.200")
    assert server.post(SONIX_CALLBACK, {"id": "1"}, X_Forwarded_For="192.0.2.1").status_code == 200
    assert server.post(SONIX_CALLBACK, {"id": "2"}, X_Forwarded_For="192.0.2.2").status_code == 429


def test_health_and_metrics_tell_the_state(server: Server) -> None:
    assert requests.get(server.url + "/health", timeout=15).json() == {"status": "ok", "pending": 0}
    server.post(SONIX_CALLBACK, {"id": "m1"})
    server.post(SONIX_CALLBACK, {"id": "m1"})
    server.post(TEMI_CALLBACK, {"job": {"id": "j1"}})
    assert requests.get(server.url + "/health", timeout=15).json() == {"status": "ok", "pending": 2}
    page = requests.get(server.url + "/metrics", timeout=15)
    assert page.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = page.text.splitlines()
    for line in (
        'sonitemi_webhook_requests_total{route="sonix_callback",outcome="stored"} 1',
        'sonitemi_webhook_requests_total{route="sonix_callback",outcome="duplicate"} 1',
        'sonitemi_webhook_requests_total{route="temi_callback",outcome="stored"} 1',
        'sonitemi_webhook_inbox_events{state="pending"} 2',
        'sonitemi_webhook_inbox_events{state="done"} 0',
        "sonitemi_webhook_commits_total 3",
    ):
        assert line in lines


def test_no_secret_reaches_the_log(server: Server) -> None:
    server.post(SONIX_CALLBACK, {"id": "m1"})
    server.post(SONIX_CALLBACK, b"{")
    server.post("/temi/callback/guessed-secret", b"{}")
    server.post("/sonix/events", EVENT, X_Webhook_Signature=signature(EVENT).hex())
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"POST {SONIX_CALLBACK} BROKEN\r\n\r\n".encode())
        connection.recv(100)
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)
    assert "receiving webhooks on" in server.log
    for secret in (URL_SECRET, SONIX_SECRET, "guessed-secret", signature(EVENT).hex()):
        assert secret not in server.log


def test_a_full_disk_is_answered_503_and_what_got_its_200_is_kept(start_server: StartServer) -> None:
    server = start_server(largest_file=300_000)
    accepted, refused = set(), 0
    for number in range(60):
        answer = server.post(SONIX_CALLBACK, json.dumps({"id": f"m{number}"}).encode().ljust(8000))
        assert answer.status_code in (200, 503)
        if answer.status_code == 200:
            accepted.add(f"m{number}")
        else:
            refused += 1
            assert int(answer.headers["Retry-After"]) > 0
    assert accepted
    assert refused
    server.kill()
    assert {event.recording_id for event in server.events()} == accepted


def test_the_inbox_being_written_by_another_process_only_delays_an_answer(server: Server) -> None:
    """The sensor's write transaction must never turn into an error for the vendor."""
    server.post(SONIX_CALLBACK, {"id": "m1"})
    other = sqlite3.connect(server.inbox_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.post, SONIX_CALLBACK, {"id": "m2"})
        time.sleep(0.5)
        assert not answer.done()
        assert requests.get(server.url + "/health", timeout=5).status_code == 200
        other.execute("ROLLBACK")
        assert answer.result(20).status_code == 200
    other.close()


def test_a_route_without_its_secret_is_off_and_the_log_says_so(start_server: StartServer) -> None:
    signed_only = start_server(env={"SONIX_WEBHOOK_SECRET": SONIX_SECRET})
    assert "SONITEMI_WEBHOOK_URL_SECRET is not set" in signed_only.log
    for path in ("/sonix/callback/", "/sonix/callback/None", "/temi/callback/x"):
        assert signed_only.post(path, {"id": "m1", "job": {"id": "j1"}}).status_code == 404
    unsigned_only = start_server(env={"SONITEMI_WEBHOOK_URL_SECRET": URL_SECRET})
    assert "SONIX_WEBHOOK_SECRET is not set" in unsigned_only.log
    for secret in ("", "None"):
        answer = unsigned_only.post("/sonix/events", EVENT, X_Webhook_Signature=signature(EVENT, secret).hex())
        assert answer.status_code == 404
    assert signed_only.events() == []


def test_settings_errors_name_the_variable_and_never_the_secret(tmp_path: Path) -> None:
    env = {"SONITEMI_HOME": str(tmp_path)}
    with pytest.raises(SettingsError, match="SONITEMI_WEBHOOK_URL_SECRET") as caught:
        Settings.from_env(env | {"SONITEMI_WEBHOOK_URL_SECRET": "too/short"})
    assert "too/short" not in str(caught.value)
    with pytest.raises(SettingsError, match="no webhook secret is set"):
        serve(Settings.from_env(env).webhooks, hooks(), port=0)
    config = Settings.from_env(
        env | {"SONITEMI_WEBHOOK_URL_SECRET": URL_SECRET, "SONIX_WEBHOOK_SECRET": SONIX_SECRET}
    ).webhooks
    assert config.inbox == tmp_path / "inbox" / "webhooks.sqlite"
    assert URL_SECRET not in repr(config)
    assert SONIX_SECRET not in repr(config)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError, match="cannot listen on"):
        serve(config, hooks(), port=taken.getsockname()[1])


def test_slow_and_endless_headers_are_cut_off_while_genuine_callbacks_go_on(start_server: StartServer) -> None:
    """300 clients that sent a byte now and then shut the receiver for everybody."""
    server = start_server(header_timeout=1.0, max_header=4096)
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=15) for _ in range(270)]
    try:
        for connection in slow:
            connection.sendall(b"POST /temi/callback/x HTTP/1.1\r\nHost: a\r\nX: ")
        started = time.monotonic()
        while True:
            try:
                answer = server.post(TEMI_CALLBACK, {"job": {"id": "sd1"}})
            except requests.ConnectionError:
                continue
            if answer.status_code == 200:
                break
            assert time.monotonic() - started < 10
            time.sleep(0.1)
        assert slow[0].recv(100) == b""
    finally:
        for connection in slow:
            connection.close()
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 5000)
        assert b" 431 " in connection.recv(1000)
    with requests.Session() as session:
        for _ in range(3):
            assert session.get(server.url + "/health", timeout=5).status_code == 200


def test_the_secret_that_temi_sends_back_is_not_kept(server: Server) -> None:
    """The body names the callback URL, and the inbox would show the secret that guards it."""
    body = f'{{"job": {{"id": "sd1", "callback_url": "https://a.example{TEMI_CALLBACK}"}}}}'
    assert server.post(TEMI_CALLBACK, body.encode()).status_code == 200
    [event] = server.events()
    assert URL_SECRET.encode() not in event.body
    assert event.recording_id == "sd1"
    assert b"https://a.example/temi/callback/<" in event.body
