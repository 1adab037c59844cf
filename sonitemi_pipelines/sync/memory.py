"""Memory between two stages of a run."""

from __future__ import annotations

import ctypes
from contextlib import suppress

import pyarrow as pa


def give_back_memory() -> None:
    """Give what is free back to the system, or what parsing held stays beside what the marts need next: allocators keep
    it, each for itself and each thread.
    """
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError, TypeError):
        # Where the C library has it, glibc.
        ctypes.CDLL(None).malloc_trim(0)
