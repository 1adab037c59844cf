"""Stop when told: SIGINT and SIGTERM end a command within seconds, whatever it waits for."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HOW_TO_GO_ON = "sonitemi: stopped; what arrived is kept, run the same command again to go on"

_GRACE_SECONDS = 4.0
"""A commit that is under way may end by itself for so long. One that is cut off leaves nothing visible."""


class Stopped(KeyboardInterrupt):
    """A signal told the command to stop.

    Attributes:
        exit_code: 130 for SIGINT, 143 for SIGTERM, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the block, SIGINT and SIGTERM raise Stopped in the main thread, and end the process some seconds later.

    Code that waits outside of Python never sees the exception; that is why a thread counts the seconds. A command that
    puts handlers of its own in place is left to them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    told: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        told.append(number)
        raise Stopped(number)

    def count() -> None:
        while byte := os.read(heard, 1):
            number = byte[0]
            if number in before and signal.getsignal(number) is stop:
                time.sleep(_GRACE_SECONDS)
                sys.stderr.write(f"\n{HOW_TO_GO_ON}\n")
                sys.stderr.flush()
                os._exit(128 + number)

    heard, told_by = os.pipe()
    os.set_blocking(told_by, False)
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    former = signal.set_wakeup_fd(told_by, warn_on_full_buffer=False)
    threading.Thread(target=count, name="stop", daemon=True).start()
    try:
        yield
    except Exception as error:
        if told:
            # DuckDB looks for signals in the middle of a query, and makes an error of its own of what a handler raises.
            raise Stopped(told[0]) from error
        raise
    finally:
        if sys.exc_info()[0] is None or not issubclass(sys.exc_info()[0] or Exception, Stopped):
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(former)
            os.close(told_by)
