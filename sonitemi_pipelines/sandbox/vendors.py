"""Both vendors' accounts behind one lock, and what the rest of the sandbox needs to change them."""

from __future__ import annotations

import string
import threading
import time
from random import Random
from typing import Any

from sonitemi_pipelines.sandbox.bodies import Bodies
from sonitemi_pipelines.sandbox.callbacks import Callbacks
from sonitemi_pipelines.sandbox.quirks import Quirks
from sonitemi_pipelines.sandbox.state import SonixAccount, Task, TemiAccount, now_utc

_ALPHABET = string.ascii_letters + string.digits


class Vendors:
    """The state every operation reads and changes; hold `lock` around both.

    Attributes:
        origin: scheme, host and port the sandbox listens on, once it does.
        task_seconds: how long translations, exports, summaries and the like take; None: until told.
    """

    def __init__(self, seed: int, quirks: Quirks, task_seconds: float | None) -> None:
        self.lock = threading.RLock()
        self.seed = seed
        self.quirks = quirks
        self.task_seconds = task_seconds
        self.origin = ""
        self.sonix = SonixAccount()
        self.temi = TemiAccount()
        self.bodies = Bodies(quirks)
        self.callbacks = Callbacks()
        self._numbers = 0

    def new_id(self) -> str:
        """An id as Sonix gives them; the same sequence for the same seed."""
        random = Random(f"{self.seed}/id/{self._next()}")
        return "".join(random.choices(_ALPHABET, k=8))

    def new_job_id(self) -> str:
        return f"sd{self.seed % 100:02d}{self._next():05d}"

    def new_task(self, kind: str, owner_id: str, **details: Any) -> Task:
        due = None if self.task_seconds is None else time.monotonic() + self.task_seconds
        task = Task(self.new_id(), kind, owner_id, now_utc(), due, details)
        self.sonix.tasks[task.id] = task
        if self.task_seconds is not None and self.callbacks.webhook_url:
            timer = threading.Timer(self.task_seconds, self.announce, [task])
            timer.daemon = True
            timer.start()
        return task

    def announce(self, task: Task) -> None:
        """Send the event of a finished translation; nothing else Sonix works on has one."""
        with self.lock:
            media = self.sonix.media.get(task.owner_id)
            if task.kind == "translation" and media is not None:
                event = {"id": media.id, "name": media.name, "status": media.status}
                self.callbacks.event("translation_finished", event, language=task.details["language"])

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers
