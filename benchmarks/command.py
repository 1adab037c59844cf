"""One command of `sonitemi` in a process of its own: time, CPU, peak memory and exit code are its alone."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a command took: wall and CPU seconds, imports of the package included; peak memory in MB; exit code."""

    seconds: float
    cpu: float
    peak: int
    code: int


def run(arguments: Sequence[str], env: Mapping[str, str]) -> Ran:
    """Run `sonitemi ARGUMENTS` to its end; SystemExit when it dies of a signal."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=_run, args=(list(arguments), dict(env), theirs))
    worker.start()
    while not ours.poll(1):
        if worker.exitcode is not None:
            raise SystemExit(f"sonitemi {' '.join(arguments)} ended with {worker.exitcode}")
    ran: Ran = ours.recv()
    worker.join()
    return ran


def _run(arguments: list[str], env: dict[str, str], pipe: Connection) -> None:
    os.environ.update(env)
    started = time.monotonic()
    from sonitemi_pipelines.cli.main import main

    try:
        main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    pipe.send(Ran(time.monotonic() - started, time.process_time(), _peak_mb(), code))


def _peak_mb() -> int:
    """The most memory that this process itself held; `getrusage` hands on what the process before it held."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0
