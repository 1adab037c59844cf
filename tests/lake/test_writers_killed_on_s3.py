"""Writers of several machines on one object store, killed at any moment: nothing doubled, halved or lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sonitemi_pipelines.lake.consistency import (
    doubled_transcripts,
    miscounted_transcripts,
    read_headers,
    transcripts_without_payload,
)
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from tests.lake.test_transcripts import transcript

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).resolve().parents[2]
_WRITERS = 4
_OF_EACH = 5
_LEAST_KILLS = 2
_WRITE = f"""
import sys
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from tests.lake.test_transcripts import transcript

url, name, path, number = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
with open(path, "a") as log:
    while True:
        number += 1
        own, size = f"{{name}}-{{number % {_OF_EACH}}}", number % 17 + 1
        print(f"asked {{own}} {{size}} {{number}}", file=log, flush=True)
        try:
            commit_transcripts(Lake(url), [transcript(own, size), transcript("shared", size)])
        except LakeError as error:
            print(f"refused {{own}} {{size}} {{number}} {{error}}", file=log, flush=True)
        else:
            print(f"wrote {{own}} {{size}} {{number}}", file=log, flush=True)
"""
"""Commits two transcripts at a time, one of its own and one that all share; notes what it asks for and what it got."""


class _Writer:
    def __init__(self, url: str, name: str, folder: Path) -> None:
        self.url, self.name, self.log = url, name, folder / f"{name}.log"
        self.log.touch()
        self.start()

    def start(self) -> None:
        numbers = [line.split()[3] for line in self.log.read_text().splitlines()]
        command = [sys.executable, "-c", _WRITE, self.url, self.name, str(self.log), numbers[-1] if numbers else "0"]
        env = {**os.environ, "PYTHONPATH": str(_ROOT)}
        self.process = subprocess.Popen(command, env=env, stderr=self.log.with_suffix(".err").open("ab"))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def story(self) -> list[list[str]]:
        return [line.split(maxsplit=4) for line in self.log.read_text().splitlines()]


@contextmanager
def _writing(url: str, folder: Path) -> Iterator[list[_Writer]]:
    writers = [_Writer(url, f"w{number}", folder) for number in range(_WRITERS)]
    try:
        yield writers
    finally:
        for writer in writers:
            writer.kill()


@pytest.mark.parametrize("seconds", [20, pytest.param(180, marks=pytest.mark.long)])
def test_four_writers_that_are_killed_lose_and_double_nothing(bucket: str, tmp_path: Path, seconds: int) -> None:
    dice = random.Random(seconds)
    commit_transcripts(Lake(bucket), [transcript("shared", 1)])
    kills = 0
    with _writing(bucket, tmp_path) as writers:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline or kills < _LEAST_KILLS:
            time.sleep(dice.uniform(0.5, 3))
            _assert_whole(Lake(bucket))
            victim = dice.choice(writers)
            if _has_written(victim):
                victim.kill()
                kills += 1
                victim.start()
    lake = Lake(bucket)
    _assert_whole(lake)
    held = {row["recording_id"]: row["token_count"] for row in lake.read(TRANSCRIPTS).to_pylist()}
    wrote = 0
    for writer in writers:
        allowed: dict[str, set[int]] = {}
        for what, own, size, *_ in writer.story():
            if what == "wrote":
                wrote += 1
                allowed[own] = {int(size)}
            elif what == "asked":
                # A writer killed after its commit and before it said so has written all the same.
                allowed.setdefault(own, set()).add(int(size))
        for own, sizes in allowed.items():
            was_written = any(line[:2] == ["wrote", own] for line in writer.story())
            assert held.get(own) in sizes or (own not in held and not was_written), (own, held.get(own), sizes)
    print(f"{wrote} commits of {_WRITERS} writers, {kills} of them killed")
    assert kills >= max(_LEAST_KILLS, seconds // 30)
    # Whoever comes next goes on.
    commit_transcripts(lake, [transcript("after", 7)])
    _assert_whole(Lake(bucket))


def _has_written(writer: _Writer) -> bool:
    return any(line[0] == "wrote" for line in writer.story())


def _assert_whole(lake: Lake) -> None:
    headers = read_headers(lake)
    assert doubled_transcripts(lake, headers) == []
    assert miscounted_transcripts(lake, headers) == {}
    assert transcripts_without_payload(lake, headers=headers) == []
