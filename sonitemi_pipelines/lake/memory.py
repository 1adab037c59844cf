"""Memory of a run: Arrow's, which else stays where it was once needed, and what is free between two stages."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyarrow as pa


@contextmanager
def lean() -> Iterator[None]:
    """Have Arrow take memory from the system for the block, in all threads. Its own allocators keep what is free, a
    hundred megabytes in a sync, and are not quicker for the few large pieces that batches and parts are.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def give_back_memory() -> None:
    """Give what is free back to the system, or what parsing held stays beside what the marts need next: allocators keep
    it, each for itself and each thread.
    """
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError, TypeError):
        # Where the C library has it, glibc.
        ctypes.CDLL(None).malloc_trim(0)
