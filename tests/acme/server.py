"""Acme itself, over real HTTP: calls with transcripts, behind a key."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "acme-key-of-the-tests"


class Acme:
    """The account: calls by id, and what each says."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[str, Any]] = {}
        self.talk: dict[str, list[dict[str, Any]]] = {}
        self.asked: Counter[str] = Counter()
        self.url = ""

    def add(self, id_: str, *lines: tuple[str, str], state: str = "done") -> None:
        """A call in which each speaker says a line, a word every 400 ms."""
        segments, at = [], 0.0
        for who, line in lines:
            words = []
            for word in line.split():
                words.append({"w": word, "from": round(at, 3), "to": round(at + 0.3, 3)})
                at += 0.4
            segments.append({"who": who, "words": words})
        self.talk[id_] = segments
        self.calls[id_] = {
            "id": id_,
            "title": f"Call {id_}",
            "state": state,
            "seconds": round(at, 3),
            "made_at": "2026-05-04T10:00:00Z",
            "edition": 1,
        }

    @contextmanager
    def running(self) -> Iterator[Acme]:
        """Listen on a free port of 127.0.0.1 until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    @property
    def env(self) -> dict[str, str]:
        return {"ACME_API_KEY": KEY, "ACME_BASE_URL": self.url}

    def _answer(self, path: str) -> Any:
        parts = path.strip("/").split("/")[1:]
        self.asked["/".join(parts[:1] + parts[2:])] += 1
        if parts == ["calls"]:
            return {"calls": list(self.calls.values())}
        if len(parts) == 2:
            return self.calls.get(parts[1])
        return {"segments": self.talk[parts[1]]} if parts[1] in self.talk else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        acme = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                allowed = self.headers.get("Authorization") == f"Bearer {KEY}"
                found = acme._answer(self.path.partition("?")[0]) if allowed else None
                status = 200 if found is not None else (404 if allowed else 401)
                body = json.dumps(found if found is not None else {"error": "no"}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
