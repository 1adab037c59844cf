"""The sandbox as its users hold it: both vendors over real HTTP, on this machine."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from sonitemi_pipelines.sandbox.served import Served
from sonitemi_pipelines.sandbox.server import listening

SMALL: Mapping[str, Any] = {"sonix": 3, "temi": 3, "minutes": (0.2, 0.5)}
"""Arguments of `Sandbox` for an account that a test syncs in a second."""


class Sandbox(Served):
    """Both vendors on one loopback port; arguments as `Served` takes them."""

    @contextmanager
    def running(self, port: int = 0) -> Iterator[Self]:
        """Listen on 127.0.0.1 (port 0: any free one) until the block ends."""
        with listening(self, port) as origin:
            self.vendors.origin = origin
            try:
                yield self
            finally:
                self.stop_life()
                self.vendors.callbacks.stop()


def serve_forever(sandbox: Sandbox, port: int = 0, live_s: float | None = None) -> None:
    """Print `export NAME=value` lines once the sandbox listens, then run until SIGINT or SIGTERM.

    Args:
        live_s: seconds between things that happen by themselves; None: nothing does.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with sandbox.running(port):
        for name, value in sandbox.env.items():
            print(f"export {name}={value}", flush=True)
        if live_s is not None:
            sandbox.start_life(live_s)
        stop.wait()
