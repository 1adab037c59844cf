"""Live mode: recordings arrive, finish, fail, get edited and deleted by themselves, at random."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random

from sonitemi_pipelines.sandbox.happenings import Happenings
from sonitemi_pipelines.sandbox.state import IN_PROGRESS, TEMI_IN_PROGRESS


class Life:
    """Makes something happen every `every_s` seconds (each wait between half and one and a half of it)."""

    def __init__(
        self, happenings: Happenings, every_s: float, seed: int, *, edits: bool = True, deletes: bool = True
    ) -> None:
        self._happenings = happenings
        self._every_s = every_s
        self._random = Random(seed)
        self._actions: list[Callable[[], None]] = [self._arrive, self._finish, self._finish]
        if edits:
            self._actions.append(lambda: self._to_any(happenings.edit))
        if deletes:
            self._actions.append(lambda: self._to_any(happenings.delete))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-life", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once nothing happens any more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s * self._random.uniform(0.5, 1.5)):
            self._random.choice(self._actions)()

    def _arrive(self) -> None:
        if self._random.random() < 0.5:
            self._happenings.add_sonix(status=self._random.choice(("preparing", "transcribing", "completed")))
        else:
            self._happenings.add_temi(status=self._random.choice(("in_progress", "transcribed")))

    def _finish(self) -> None:
        vendors = self._happenings.vendors
        with vendors.lock:
            media = [media.id for media in vendors.sonix.media if media.status in IN_PROGRESS]
            jobs = [job.id for job in vendors.temi.jobs if job.status in TEMI_IN_PROGRESS]
            if media or jobs:
                chosen = self._random.choice(media + jobs)
                (self._happenings.complete if self._random.random() < 0.9 else self._happenings.fail)(chosen)

    def _to_any(self, action: Callable[[str], None]) -> None:
        vendors = self._happenings.vendors
        with vendors.lock:
            media = [media.id for media in vendors.sonix.media if media.status == "completed"]
            jobs = [job.id for job in vendors.temi.jobs if job.status == "transcribed"]
            if media or jobs:
                action(self._random.choice(media + jobs))
