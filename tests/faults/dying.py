"""Commands of ours as processes that begin at once, and that meet a signal at a named point if they are told to.

Importing everything takes longer than a small sync. One process does it once and forks for each command, before any
library has begun threads of its own; a command is a process like any other to signals and locks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LAST = 200
"""Bytes of a line that says where a process is."""


@dataclass
class Command:
    """A command that runs or has ended."""

    pid: int
    folder: Path
    _commands: Commands

    def wait(self) -> int:
        """The exit code; minus the signal's number when one ended it."""
        return int(self._commands.ask({"wait": self.pid})["code"])

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait_until_held(self, seconds: float = 60.0) -> None:
        """Until it stands still, after a SIGSTOP that it met."""
        until = time.monotonic() + seconds
        while "\nState:\tT" not in Path(f"/proc/{self.pid}/status").read_text("utf-8"):
            assert time.monotonic() < until, f"it is not held, last {self.last_point}: {self.told}"
            time.sleep(0.02)

    def has_ended(self) -> bool:
        """Whether nothing of it is left but its exit code."""
        return "\nState:\tZ" in Path(f"/proc/{self.pid}/status").read_text("utf-8")

    def cpu_seconds(self) -> float:
        """What it has computed for so far, threads and all."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def told(self) -> str:
        return (self.folder / "told").read_text(encoding="utf-8", errors="replace")

    @property
    def last_point(self) -> str:
        """The point it came to last."""
        return (self.folder / "at").read_bytes().rstrip(b"\0 ").decode() or "before every named point"


class Commands:
    """Starts commands of `sonitemi`."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process, self._folder, self._number = process, folder, 0

    def start(
        self,
        env: Mapping[str, str],
        *argv: str,
        at: str | None = None,
        number: int = signal.SIGKILL,
        nth: int = 1,
    ) -> Command:
        """Start a command.

        Args:
            at: the point at which it meets the signal `number`, the nth time it comes there.
        """
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        for name in ("told", "at"):
            (folder / name).touch(0o600)
        told = {"env": dict(env), "argv": argv, "at": at, "number": int(number), "nth": nth, "folder": str(folder)}
        return Command(int(self.ask(told)["pid"]), folder, self)

    def run(self, env: Mapping[str, str], *argv: str) -> Command:
        """Run a command to its end; fails when it does not end with 0."""
        command = self.start(env, *argv)
        code = command.wait()
        assert code == 0, f"{' '.join(argv)} ended with {code}: {command.told}"
        return command

    def ask(self, what: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks is gone"
        found: dict[str, Any] = json.loads(answer)
        return found


@contextmanager
def commands(folder: Path) -> Iterator[Commands]:
    """What starts commands quickly; each gets a folder of its own below `folder` for what it says."""
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.dying"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield Commands(process, folder)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


def _serve() -> None:
    """Fork a command for every line of standard input; ends with it."""
    import pandas  # noqa: F401  Arrow looks for it at the first table that is made of rows: most of a small sync

    import sonitemi_pipelines.cli.keep
    import sonitemi_pipelines.cli.lakework
    import sonitemi_pipelines.cli.paid
    import sonitemi_pipelines.cli.serve
    import sonitemi_pipelines.cli.sync
    import sonitemi_pipelines.paid.submit
    import sonitemi_pipelines.pipeline.forget
    import sonitemi_pipelines.pipeline.maintain
    import sonitemi_pipelines.pipeline.run
    import sonitemi_pipelines.webhooks  # noqa: F401
    from sonitemi_pipelines.cli.main import main
    from tests.faults.points import BESIDE, POINTS, install

    points = {str(point): point for point in (*POINTS, *BESIDE)}
    answers = os.dup(1)
    alive: set[int] = set()
    for line in sys.stdin.buffer:
        told = json.loads(line)
        if "wait" in told:
            _, status = os.waitpid(told["wait"], 0)
            alive.discard(told["wait"])
            os.write(answers, json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode() + b"\n")
            continue
        pid = os.fork()
        if pid:
            alive.add(pid)
            os.write(answers, json.dumps({"pid": pid}).encode() + b"\n")
            continue
        folder = Path(told["folder"])
        said = os.open(folder / "told", os.O_WRONLY | os.O_APPEND)
        where = os.open(folder / "at", os.O_RDWR)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.environ |= told["env"]

        def tell(name: str, where: int = where) -> None:
            os.pwrite(where, name.encode().ljust(_LAST), 0)

        install(
            points[told["at"]] if told["at"] else None,
            signal.Signals(told["number"]),
            told["nth"],
            tell,
        )
        alive.clear()
        # It ends as any process does, threads that are waited for and all.
        main(told["argv"], prog_name="sonitemi")
    for pid in alive:
        # A test that failed does not wait for what it started.
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    _serve()
