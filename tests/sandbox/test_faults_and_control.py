"""Faults happen when told, are counted, and everything can be steered from another process."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sonitemi_pipelines.sandbox import Sandbox

from .vendor import Vendor, as_json


def test_planned_faults_come_in_order_and_end(sandbox: Sandbox, sonix: Vendor) -> None:
    (one, other) = sandbox.add_sonix(n=2)
    path = f"/media/{one}/transcript.json"
    sandbox.faults.fail_next("sonix transcript.get", status=503, times=2, retry_after=7, id=one)
    assert sonix.get(f"/media/{other}/transcript.json").status_code == 200
    for _ in range(2):
        answer = sonix.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert sonix.get(path).status_code == 200
    sandbox.faults.fail_next("sonix *", status=502, html=True)
    assert sonix.get("/media").headers["Content-Type"].startswith("text/html")
    assert sandbox.counts_by_id("sonix transcript.get") == {one: 3, other: 1}
    assert sandbox.counts_by_id("sonix transcript.get", ok=True) == {one: 1, other: 1}


def test_cut_connections_look_cut(sandbox: Sandbox, sonix: Vendor) -> None:
    sandbox.faults.fail_next("sonix media.list", drop_connection=True)
    with pytest.raises(requests.ConnectionError):
        sonix.get("/media")
    assert sonix.get("/media").status_code == 200


def test_an_answer_may_be_lost_after_the_work_was_done(sandbox: Sandbox, sonix: Vendor) -> None:
    """The case in which a client that tries again pays twice."""
    sandbox.faults.fail_next("sonix media.submit", drop_connection=True, after=True)
    with pytest.raises(requests.ConnectionError):
        sonix.post("/media", data={"file_url": "https://example.com/lost.mp3"})
    assert [media["name"] for media in sonix.get("/media?search=lost").json()["media"]] == ["lost.mp3"]


def test_random_faults_hit_their_share_and_are_repeatable(sandbox: Sandbox, sonix: Vendor) -> None:
    def outcomes() -> list[int]:
        seen = []
        for _ in range(150):
            try:
                seen.append(sonix.get("/users").status_code)
            except requests.ConnectionError:
                seen.append(0)
        return seen

    sandbox.faults.random(rate=0.2, seed=3)
    first = outcomes()
    sandbox.faults.random(rate=0.2, seed=3)
    assert outcomes() == first
    assert 15 <= sum(status != 200 for status in first) <= 45
    sandbox.faults.clear()
    assert set(outcomes()) == {200}


def test_a_fault_for_one_query_meets_no_other_call_of_its_operation(sandbox: Sandbox, sonix: Vendor) -> None:
    sandbox.faults.fail_next("sonix media.list", status=500, query={"status": "failed", "page": None})
    asked = ("", "?page=2", "?status=completed", "?status=failed&page=2", "?status=failed", "?status=failed")
    assert [sonix.get(f"/media{query}").status_code for query in asked] == [200, 200, 200, 200, 500, 200]


def test_requests_are_kept_as_received(sandbox: Sandbox, sonix: Vendor) -> None:
    form = {"language": "en", "restricted_users[]": ["a@example.com", "b@example.com"]}
    sonix.post("/media?page=2", data=form, files={"file": ("a.mp3", b"12345", "audio/mpeg")})
    received = sandbox.requests[-1]
    assert (received.operation, received.method, received.path) == ("sonix media.submit", "POST", "/v1/media")
    assert received.query == [("page", "2")]
    assert received.form[0] == ("language", "en")
    assert (received.files["file"].filename, received.files["file"].size) == ("a.mp3", 5)
    assert received.status == 200
    assert "sonix-sandbox-key" not in repr(received)


def test_latency_and_slow_answers_take_their_time(sandbox: Sandbox, sonix: Vendor) -> None:
    sandbox.faults.fail_next("sonix user.list", status=200, slow_s=0.3)
    started = time.monotonic()
    assert sonix.get("/users").status_code == 200
    assert time.monotonic() - started >= 0.3


def test_other_processes_steer_over_http(sandbox: Sandbox) -> None:
    control = sandbox.base_url.removesuffix("v1") + "_sandbox/"
    assert requests.get(control + "health", timeout=5).json() == {"status": "ok"}
    arguments = {"n": 2, "status": "transcribing", "at": "2026-01-05T10:00:00+00:00"}
    added = requests.post(control + "add_sonix", json=arguments, timeout=5).json()["result"]
    requests.post(control + "complete", json={"record_id": added[0]}, timeout=5).raise_for_status()
    truth = requests.get(control + "truth", timeout=5).json()
    assert truth == sandbox.truth()
    assert [truth["sonix"][media_id]["status"] for media_id in added] == ["completed", "transcribing"]
    requests.post(control + "fail_next", json={"operation": "sonix user.list", "status": 500}, timeout=5)
    sonix = Vendor(sandbox, "sonix")
    assert [sonix.get("/users").status_code for _ in range(2)] == [500, 200]
    assert requests.get(control + "counts", timeout=5).json() == {"sonix user.list": 2}
    assert requests.post(control + "reset_counts", timeout=5).status_code == 200
    assert sandbox.counts() == {}
    refused = requests.post(control + "complete", json={"record_id": "nobody"}, timeout=5)
    assert refused.status_code == 400
    assert "nobody" in refused.json()["error"]
    assert requests.post(control + "explode", timeout=5).status_code == 400


def test_served_revisions_are_counted(sandbox: Sandbox, temi: Vendor) -> None:
    (job_id,) = sandbox.add_temi()
    for _ in range(2):
        body = temi.get(f"/jobs/{job_id}/transcript", headers=as_json()).content
    revision = hashlib.sha256(body).hexdigest()
    assert sandbox.traffic.served_revisions() == {("temi", job_id, "latest", revision): 2}


def test_life_goes_on_by_itself_and_stops(sandbox: Sandbox) -> None:
    before = sandbox.truth()
    sandbox.start_life(0.002, seed=2)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and len(sandbox.vendors.sonix.deleted) < 3:
        time.sleep(0.02)
    sandbox.stop_life()
    after = sandbox.truth()
    assert len(sandbox.vendors.sonix.deleted) >= 3
    assert after != before
    time.sleep(0.05)
    assert sandbox.truth() == after


class _Receiver(http.server.BaseHTTPRequestHandler):
    received: list[tuple[str, dict[str, str], bytes]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, dict(self.headers), body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    _Receiver.received.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_callbacks_and_signed_events_arrive(sandbox: Sandbox, sonix: Vendor, temi: Vendor, receiver: str) -> None:
    """A receiver that is only tried with hand-made bodies is not tried."""
    media = sonix.post("/media", data={"file_url": "https://example.com/a.mp3", "callback_url": f"{receiver}/s"}).json()
    options = {"media_url": "https://example.com/a.mp3", "callback_url": f"{receiver}/t"}
    job = temi.post("/jobs", json=options).json()
    sandbox.set_webhook(f"{receiver}/e", "a secret", "base64")
    sandbox.complete(media["id"])
    sandbox.fail(job["id"], "download_failure")
    sandbox.label(media["id"], "Checked")
    sandbox.vendors.callbacks.wait()
    by_path = {path: (headers, body) for path, headers, body in _Receiver.received}
    assert [path for path, _, _ in _Receiver.received] == ["/s", "/e", "/t", "/e"]
    assert json.loads(by_path["/s"][1])["status"] == "completed"
    assert json.loads(by_path["/t"][1])["job"] == temi.get(f"/jobs/{job['id']}").json()
    headers, body = by_path["/e"]
    digest = hmac.new(b"a secret", body, hashlib.sha256).digest()
    assert headers["X-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert json.loads(body)["event"] == "label_change"


def test_the_command_prints_the_environment_and_ends_on_sigterm() -> None:
    """`eval` of its output must be enough to point a sync at it; a sandbox that lingers would block the next demo."""
    program = "from sonitemi_pipelines.sandbox import Sandbox, serve_forever; serve_forever(Sandbox(), 0)"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().split("=", 1) for _ in range(4)]
    env = {name.removeprefix("export "): value.strip() for name, value in lines}
    assert set(env) == {"SONIX_API_KEY", "SONIX_BASE_URL", "TEMI_API_KEY", "TEMI_BASE_URL"}
    headers = {"Authorization": f"Bearer {env['TEMI_API_KEY']}"}
    assert requests.get(f"{env['TEMI_BASE_URL']}/account", headers=headers, timeout=5).json() == {"balance": 150.0}
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
