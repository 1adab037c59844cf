"""Memory between two stages of a run."""

from __future__ import annotations

import ctypes
from contextlib import suppress

import pyarrow as pa

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Numbers that the C library gives to two of its settings."""


def keep_memory() -> None:
    """Have the allocator use again what one batch gave back for the next: asking the system for a few hundred MB of
    empty pages a batch takes as long as reading it. `give_back_memory` is the end of it.
    """
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, 32 * 2**20)
        library.mallopt(_TRIM_THRESHOLD, 256 * 2**20)


def give_back_memory() -> None:
    """Give what is free back to the system, or what parsing held stays beside what the marts need next: allocators keep
    it, each for itself and each thread.
    """
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError, TypeError):
        # Where the C library has it, glibc.
        ctypes.CDLL(None).malloc_trim(0)
