"""Files of the pipeline are the user's own: nobody else on the machine reads transcripts by default."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(folder: Path) -> None:
    """Make the folder for its user alone, whatever the umask, and so the folders above it that are missing; one that
    is there keeps the mode its operator gave it.
    """
    if not folder.exists():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)


class _Umask:
    """The process's umask, stricter while somebody writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writers = 0
        self._before = 0

    @contextmanager
    def without(self, denied: int) -> Iterator[None]:
        with self._lock:
            found = os.umask(denied)
            os.umask(found | denied)
            if self._writers == 0:
                self._before = found
            self._writers += 1
        try:
            yield
        finally:
            with self._lock:
                self._writers -= 1
                if self._writers == 0:
                    os.umask(self._before)


_umask = _Umask()


@contextmanager
def as_private_as(folder: Path) -> Iterator[None]:
    """What is written within the block is as open to others as the folder is, and no more.

    Libraries that write files ask the process's umask and nothing else. It is that of everybody in this process, so it
    is again what it was as soon as nobody is in such a block.
    """
    shared = stat.S_IMODE(folder.stat().st_mode) & _OTHERS if folder.exists() else 0
    with _umask.without(_OTHERS & ~shared):
        yield


class Guarded(Protocol):
    """A lake, as far as its files have a mode."""

    def privately(self) -> AbstractContextManager[None]: ...


L = TypeVar("L", bound=Guarded)


def privately(write: Callable[Concatenate[L, P], T]) -> Callable[Concatenate[L, P], T]:
    """A function that writes files of the lake, its first argument, for whom may read the lake."""

    @wraps(write)
    def written(lake: L, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with lake.privately():
            return write(lake, *args, **kwargs)

    return written
