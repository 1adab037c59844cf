"""Measuring, with the standard library alone: peers run it in their own environment too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any


def cpu_seconds() -> float:
    """User and system time of this process and of its ended children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@contextmanager
def measured(found: dict[str, float], *, needs_pandas: bool = True) -> Iterator[None]:
    """Put `wall` and `cpu` seconds of the block into `found`. Imports before it do not count.

    Args:
        needs_pandas: pyarrow imports it at the first conversion, which takes longer than a million words.
    """
    if needs_pandas:
        with suppress(ImportError):
            import pandas  # noqa: F401
    wall, cpu = time.perf_counter(), cpu_seconds()
    yield
    found |= {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}


def report(found: Mapping[str, Any]) -> None:
    """Hand the figures to the process that asked: the last line of standard output."""
    print(json.dumps({**_peak(), **found}), flush=True)


def _peak() -> dict[str, float]:
    """The most memory that this process held, where the system tells it apart from what its parent held before."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return {"peak_mb": int(line.split()[1]) / 1e3}
    return {}


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> dict[str, float]:
    """Run a process to its end.

    Returns what it reported, and of the whole process, start-up included: `process_wall` and `process_cpu` in seconds,
    `peak_mb`, the most memory it held, in MB.

    Raises RuntimeError with its last lines when it fails.
    """
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(command, stdout=output, stderr=complaints, env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if process.returncode:
            last = "\n".join(_text(complaints).splitlines()[-15:])
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{last}")
        lines = _text(output).splitlines()
        reported = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
        scale = 1e6 if sys.platform == "darwin" else 1e3
        # `ru_maxrss` begins with what the parent held when it forked: only where the process cannot tell by itself.
        return {
            "peak_mb": usage.ru_maxrss / scale,
            **reported,
            "process_wall": wall,
            "process_cpu": usage.ru_utime + usage.ru_stime,
        }


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
