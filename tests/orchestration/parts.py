"""The processes of a running `dagster dev`, and how one of them dies."""

from __future__ import annotations

import random
import time

import psutil

from tests.orchestration.conftest import DagsterDev


def processes(dev: DagsterDev) -> dict[str, list[psutil.Process]]:
    """The processes of `dagster dev` by part."""
    found: dict[str, list[psutil.Process]] = {"daemon": [], "code server": [], "run worker": []}
    try:
        children = psutil.Process(dev.process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return found
    for child in children:
        try:
            line = " ".join(child.cmdline())
        except psutil.Error:
            continue
        if "dagster._daemon" in line:
            found["daemon"].append(child)
        elif "api grpc" in line or "code-server" in line:
            found["code server"].append(child)
        elif "multiprocessing.spawn" in line:
            found["run worker"].append(child)
    return found


def kill_one_part(dev: DagsterDev, part: str, rng: random.Random) -> bool:
    """Kill -9 every process of a part, somewhere in the middle of its work; False when there is none of it now."""
    if not processes(dev)[part]:
        return False
    time.sleep(rng.uniform(0, 6) if part == "run worker" else 0)
    found = processes(dev)[part]
    for process in found:
        process.kill()
    return bool(found)
