"""Live mode: recordings arrive, finish, fail, get edited and deleted by themselves, at random."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random


class Life:
    """Takes one of `actions` every `every_s` seconds (each wait between half and one and a half of it)."""

    def __init__(self, actions: list[Callable[[Random], None]], every_s: float, seed: int) -> None:
        self._actions = actions
        self._every_s = every_s
        self._random = Random(seed)
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
            self._random.choice(self._actions)(self._random)
