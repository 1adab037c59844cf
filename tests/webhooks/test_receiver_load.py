"""If these fail, events are lost or doubled under load or when the receiver is killed."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from sonitemi_pipelines.webhooks import Inbox
from tests.webhooks.conftest import URL_SECRET, Server, StartServer

SENDERS = 16


def _deliveries(events: int, seed: int) -> list[str]:
    """Ids in disorder, one in four sent twice or more."""
    generator = random.Random(seed)
    ids = [f"m{number}" for number in range(events)]
    ids += generator.choices(ids, k=events // 4)
    generator.shuffle(ids)
    return ids


class Sender:
    """What a vendor does: posts over kept-alive connections and repeats whatever got no 200."""

    def __init__(self, server: Server) -> None:
        self.accepted: set[str] = set()
        self.answered = 0
        self._port = server.port
        self._lock = threading.Lock()

    def send(self, ids: Iterable[str], *, give_up: bool = False) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        for recording_id in ids:
            body = json.dumps({"id": recording_id, "status": "completed", "name": "Podcast Episode"})
            deadline = time.monotonic() + 30
            while True:
                try:
                    connection.request("POST", f"/sonix/callback/{URL_SECRET}", body)
                    status = connection.getresponse()
                    status.read()
                    if status.status == 200:
                        break
                except (OSError, http.client.HTTPException):
                    connection.close()
                    if give_up:
                        return
                assert time.monotonic() < deadline, "no 200 for half a minute"
                time.sleep(0.02)
            with self._lock:
                self.accepted.add(recording_id)
                self.answered += 1
        connection.close()


def _flood(server: Server, start_server: StartServer, events: int, kills: int) -> float:
    """Send everything from many connections, kill -9 the receiver on the way, and compare; seconds it took.

    A reader empties the inbox all the while, as the sensor does.
    """
    sender = Sender(server)
    ids = _deliveries(events, seed=events)
    handled: list[str | None] = []
    finished = threading.Event()

    def read() -> None:
        with Inbox(server.inbox_path) as inbox:
            while not finished.is_set() or inbox.counts().pending:
                found = inbox.pending(200)
                handled.extend(event.recording_id for event in found)
                inbox.done(event.event_id for event in found)
                time.sleep(0.05)

    began = time.monotonic()
    with ThreadPoolExecutor(SENDERS + 1) as pool:
        reader = pool.submit(read)
        try:
            sending = [pool.submit(sender.send, ids[lane::SENDERS]) for lane in range(SENDERS)]
            for kill in range(kills):
                while sender.answered < len(ids) * (kill + 1) // (kills + 2):
                    assert time.monotonic() - began < 120
                    time.sleep(0.005)
                server.kill()
                server = start_server(port=server.port, rate_limit=100_000)
            for lane in sending:
                lane.result()
            took = time.monotonic() - began
        finally:
            finished.set()
        reader.result(60)
    assert len(handled) == len(set(handled)), "an event was handled twice"
    assert set(handled) == set(ids), "an event was lost"
    return took


def test_1000_events_with_duplicates_and_disorder_survive_a_kill(start_server: StartServer) -> None:
    took = _flood(start_server(rate_limit=100_000), start_server, events=1000, kills=1)
    assert 1250 / took > 100, "with a restart in a run this short"


@pytest.mark.long
def test_10000_events_at_200_a_second_survive_three_kills(start_server: StartServer) -> None:
    took = _flood(start_server(rate_limit=100_000), start_server, events=10_000, kills=3)
    assert 12_500 / took >= 200


def test_every_200_before_a_kill_is_on_disk_right_after_it(start_server: StartServer) -> None:
    server = start_server(rate_limit=100_000)
    sender = Sender(server)
    with ThreadPoolExecutor(SENDERS) as pool:
        lanes = [
            pool.submit(sender.send, [f"m{lane}-{number}" for number in range(5000)], give_up=True)
            for lane in range(SENDERS)
        ]
        while sender.answered < 500:
            time.sleep(0.002)
        server.kill()
        for lane in lanes:
            lane.result()
    stored = {event.recording_id for event in server.events()}
    assert sender.accepted <= stored
    assert len(stored - sender.accepted) <= SENDERS, "only what was in flight may be stored and unanswered"


def test_requests_at_once_share_commits_so_that_a_slow_disk_keeps_up(start_server: StartServer) -> None:
    server = start_server(rate_limit=100_000)
    sender = Sender(server)
    with ThreadPoolExecutor(SENDERS) as pool:
        for lane in [pool.submit(sender.send, [f"m{n}" for n in range(lane, 800, SENDERS)]) for lane in range(SENDERS)]:
            lane.result()
    page = requests.get(server.url + "/metrics", timeout=15).text
    commits = int(page.split("\nsonitemi_webhook_commits_total ")[1].split()[0])
    assert server.counter("sonix_callback", "stored") == 800
    assert commits < 400
