"""Delivery of callbacks and signed webhook events, from one background thread, in order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import queue
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import requests

Encoding = Literal["hex", "base64", "sha256=hex"]


@dataclass(frozen=True)
class Delivery:
    """One POST that was tried; `status` is None when nobody answered."""

    kind: str
    record_id: str
    status: int | None


@dataclass(frozen=True)
class _Post:
    kind: str
    record_id: str
    url: str
    body: bytes
    headers: dict[str, str] = field(repr=False)


class Callbacks:
    """Sends what the vendors send when something finishes.

    Attributes:
        webhook_url: where signed Sonix events go; None switches them off.
        webhook_secret: signs them, in `signature_encoding`; None leaves the signature out.
        delivered: the last 10,000 deliveries.
    """

    def __init__(self) -> None:
        self.webhook_url: str | None = None
        self.webhook_secret: str | None = None
        self.signature_encoding: Encoding = "hex"
        self.delivered: deque[Delivery] = deque(maxlen=10_000)
        self._queue: queue.Queue[_Post | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def post(self, kind: str, record_id: str, url: str | None, payload: dict[str, Any]) -> None:
        """Queue an unsigned callback; nothing happens without a URL."""
        if url:
            headers = {"Content-Type": "application/json"}
            self._enqueue(_Post(kind, record_id, url, msgspec.json.encode(payload), headers))

    def event(self, event: str, media: dict[str, Any], **more: Any) -> None:
        """Queue a signed Sonix event: transcription_finished, translation_finished, label_change or folder_change."""
        if not self.webhook_url:
            return
        body = msgspec.json.encode({"event": event, "media": media, **more})
        headers = {"Content-Type": "application/json"}
        if self.webhook_secret:
            headers["X-Webhook-Signature"] = self._signature(body, self.webhook_secret)
        self._enqueue(_Post(event, str(media["id"]), self.webhook_url, body, headers))

    def wait(self) -> None:
        """Return once everything queued was tried."""
        self._queue.join()

    def stop(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _signature(self, body: bytes, secret: str) -> str:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        if self.signature_encoding == "base64":
            return base64.b64encode(digest).decode()
        return f"sha256={digest.hex()}" if self.signature_encoding == "sha256=hex" else digest.hex()

    def _enqueue(self, post: _Post) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._deliver, name="sandbox-callbacks", daemon=True)
                self._thread.start()
        self._queue.put(post)

    def _deliver(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (post := self._queue.get()) is not None:
                status: int | None = None
                try:
                    status = session.post(post.url, data=post.body, headers=post.headers, timeout=5).status_code
                except requests.RequestException:
                    status = None
                self.delivered.append(Delivery(post.kind, post.record_id, status))
                self._queue.task_done()
            self._queue.task_done()
