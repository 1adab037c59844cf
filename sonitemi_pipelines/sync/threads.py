"""Threads that ask a vendor: nobody waits for them once the work is to stop."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def threads(number: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """A pool for the block. After an error what has not begun is dropped; after an interruption (Ctrl-C, a cancelled
    run, a time-out of the task) what runs is not waited for either: whoever owns the client ends its calls.
    """
    pool = ThreadPoolExecutor(number, thread_name_prefix=name)
    try:
        yield pool
    except Exception:
        pool.shutdown(cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    else:
        pool.shutdown()
