"""The power goes at any moment: what was not on the disk yet is gone or zeroed; the next run heals it or says so."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.sandbox import Sandbox

_WORK = """
import os, sys, time
from click.testing import CliRunner
from sonitemi_pipelines.cli.main import main

log, fsync = open(sys.argv[1], "a"), os.fsync

def noted(descriptor):
    time.sleep(0.05)
    fsync(descriptor)
    told = os.fstat(descriptor)
    log.write(f"{told.st_ino} {told.st_mtime_ns} {time.time_ns()}\\n")
    log.flush()

os.fsync = noted
while True:
    for command in ("sync", "sync", "maintain"):
        CliRunner().invoke(main, [command])
"""
"""Commands one after the other on a slow disk; on the side, which file was flushed to it, as it was at which time."""


_YOUNG = 30 * 10**9
"""Nanoseconds after which a kernel has written a file to the disk by itself."""


@dataclass(frozen=True)
class Moment:
    """A copy of a home as it was at a moment; files that nobody had flushed by then."""

    folder: Path
    unsafe: tuple[Path, ...]


@pytest.mark.slow
@pytest.mark.parametrize("moments", [4, pytest.param(36, marks=pytest.mark.long)])
def test_a_home_whose_last_writes_are_lost_heals_or_says_what_is_lost(tmp_path: Path, moments: int) -> None:
    dice = random.Random(moments)
    with Sandbox(seed=5, sonix=3, temi=3, quirks=False, minutes=(0.2, 0.5)).running() as sandbox:
        home = tmp_path / "home"
        env = {**sandbox.env, "SONITEMI_HOME": str(home)}
        assert _run("sync", env)[0] == 0
        began = time.time_ns()
        with _working(env, tmp_path / "flushed") as pid:
            taken = [_taken(sandbox, tmp_path, pid, number, began, dice) for number in range(moments)]
        assert any(moment.unsafe for moment in taken)
        told = 0
        for moment in taken:
            shutil.rmtree(home)
            shutil.move(moment.folder, home)
            for path in moment.unsafe:
                _lose(home / path, dice)
            code, said = _run("sync", env)
            if code != 0:
                told += 1
                assert code == 1
                assert "sonitemi: " in said or "missing: " in said
                assert "Traceback" not in said
                _run("rebuild", env)
                code, said = _run("sync", env)
            assert code == 0, f"{moment}\n{said}"
            _assert_true(sandbox, home)
            code, said = _run("doctor", env)
            assert code == 0, f"{moment}\n{said}"
        assert told < moments, "what is flushed before it is named heals without a word"


@contextmanager
def _working(env: dict[str, str], log: Path) -> Iterator[int]:
    log.touch()
    process = subprocess.Popen([sys.executable, "-c", _WORK, str(log)], env={**os.environ, **env})
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _taken(sandbox: Sandbox, folder: Path, pid: int, number: int, began: int, dice: random.Random) -> Moment:
    """A copy, taken while the worker stands still in the middle of bringing in what is new."""
    noted = (folder / "flushed").stat().st_size
    sandbox.add_sonix(1)
    sandbox.add_temi(1)
    deadline = time.monotonic() + 60
    while (folder / "flushed").stat().st_size == noted and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(dice.uniform(0, 2))
    os.kill(pid, signal.SIGSTOP)
    home, copy = folder / "home", folder / f"moment-{number}"
    shutil.copytree(home, copy)
    flushed, named = set(), dict[int, int]()
    for line in (folder / "flushed").read_text().splitlines():
        inode, modified, at = map(int, line.split())
        flushed.add((inode, modified))
        named[inode] = at
    unsafe = []
    for path in sorted(home.rglob("*")):
        told = path.stat()
        if path.is_file() and told.st_mtime_ns > max(began, time.time_ns() - _YOUNG):
            is_named = named.get(path.parent.stat().st_ino, 0) > told.st_mtime_ns
            if not is_named or (told.st_ino, told.st_mtime_ns) not in flushed:
                unsafe.append(path.relative_to(home))
    os.kill(pid, signal.SIGCONT)
    return Moment(copy, tuple(path for path in unsafe if path.parts[0] != "locks"))


def _lose(path: Path, dice: random.Random) -> None:
    match dice.choice(("kept", "dropped", "zeroed", "cut")):
        case "dropped":
            path.unlink()
        case "zeroed":
            path.write_bytes(bytes(path.stat().st_size))
        case "cut":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _run(command: str, env: dict[str, str]) -> tuple[int, str]:
    done = CliRunner().invoke(main, [command], env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def _assert_true(sandbox: Sandbox, home: Path) -> None:
    expected = {
        (provider, id_, variant, digest)
        for provider, records in sandbox.truth().items()
        for id_, record in records.items()
        for variant, digest in record["variants"].items()
    }
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        held = connection.execute("SELECT provider, recording_id, variant, revision FROM transcripts").fetchall()
        assert sorted(held) == sorted(expected)
        for table, column in (("words", "token_count"), ("turns", "turn_count"), ("split_words", "split_word_count")):
            [(said, there)] = connection.execute(
                f"SELECT sum({column}), (SELECT count(*) FROM {table}) FROM transcripts"
            ).fetchall()
            assert said == there, table
