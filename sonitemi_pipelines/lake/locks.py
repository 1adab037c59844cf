"""Locks between the processes of one machine: files that the kernel frees, and a note of who holds them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import filelock

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.boundary import boundary


@contextmanager
def hold(
    path: Path,
    patience: float,
    on_wait: Callable[[str], None] | None,
    privately: Callable[[], AbstractContextManager[None]],
) -> Iterator[None]:
    """Hold the lock of a file until the block ends; arguments and errors as `Lake.lock`."""
    guard, note = filelock.FileLock(path, timeout=patience), path.with_suffix(".holder")
    try:
        with boundary(f"cannot lock {path}"):
            with privately():
                path.touch()
            try:
                guard.acquire(timeout=0 if on_wait is not None else patience)
            except filelock.Timeout:
                if on_wait is None:
                    raise
                on_wait(_holder(note))
                guard.acquire()
            with privately():
                note.write_text(_this_process(), "utf-8")
    except LakeError as error:
        if isinstance(error.__cause__, filelock.Timeout):
            raise LakeError(f"{_holder(note)} holds {path} for {patience:.0f} s; wait until it ends") from error
        raise
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
        guard.release()


def _holder(note: Path) -> str:
    try:
        return note.read_text("utf-8") or "another process"
    except OSError:
        return "another process"


def _this_process() -> str:
    """Such as 'process 4711 (sonitemi sync, since 10:21 UTC)'. No option of the command: it may hold anything."""
    said = [Path(sys.argv[0]).name or "python", *(word for word in sys.argv[1:2] if word.isalpha())]
    return f"process {os.getpid()} ({' '.join(said)}, since {utc_now():%H:%M} UTC)"
