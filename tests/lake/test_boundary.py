"""What the world does (a full disk, somebody else's files, no locks) is one line, never a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.lake import parquet
from sonitemi_pipelines.sandbox import Sandbox

_LIMITED = """
import resource, sys
from sonitemi_pipelines.cli.main import main

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
main(["sync"])
"""
_WITHOUT_RIGHTS = """
import ctypes, sys
from sonitemi_pipelines.cli.main import main

# Without capabilities root may do what any user may.
header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capset(header, none) == 0
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5, sonix=2, temi=2, quirks=False, minutes=(0.2, 0.4)).running() as running:
        yield running


def env_of(sandbox: Sandbox, home: Path) -> dict[str, str]:
    return {**sandbox.env, "SONITEMI_HOME": str(home)}


def one_line(code: int, said: str, *parts: str) -> None:
    assert code == 1, said
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line.startswith("sonitemi: ")]
    assert lines, said
    assert all(any(part in line for line in lines) for part in parts), said


def run(sandbox: Sandbox, home: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments, env=env_of(sandbox, home))
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    return done.exit_code, done.output


def run_apart(sandbox: Sandbox, home: Path, script: str, *arguments: str) -> tuple[int, str]:
    """In a process of its own, which may give up rights."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **env_of(sandbox, home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def failing(number: int, kind: str) -> object:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(number, os.strerror(number), kind)

    return fail


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EIO, "its disk fails"),
        (errno.EROFS, "mounted read-only"),
        (errno.EDQUOT, "quota"),
    ],
    ids=["full", "broken", "read-only", "quota"],
)
def test_a_disk_that_refuses_is_named_with_the_way_out_and_the_next_run_goes_on(
    sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch, number: int, way_out: str
) -> None:
    monkeypatch.setattr(parquet, "flush", failing(number, "part-1.parquet"))
    one_line(*run(sandbox, home, "sync", "--quiet"), str(home), os.strerror(number), way_out)


def test_a_file_system_without_locks_is_named(sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", failing(errno.ENOLCK, "lock"))
    one_line(*run(sandbox, home, "sync", "--quiet"), "locks", "local disk")


@pytest.mark.slow
def test_a_disk_that_fills_up_in_the_middle_is_one_line_and_space_heals_it(sandbox: Sandbox, home: Path) -> None:
    """The limit hits data files, logs and the warehouse, in native code too."""
    for most in (2_000, 400_000):
        one_line(*run_apart(sandbox, home, _LIMITED, str(most)), str(home))
    assert run(sandbox, home, "sync", "--quiet")[0] == 0


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("what", ["locks", "lake/words", "warehouse.duckdb"])
def test_what_belongs_to_another_user_is_named_and_whose_right_it_takes(
    sandbox: Sandbox, home: Path, what: str
) -> None:
    assert run(sandbox, home, "sync", "--quiet")[0] == 0
    theirs = home / what
    for path in [*theirs.rglob("*"), theirs]:
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.chown(path, 65534, 65534)
    sandbox.add_sonix(1)
    one_line(*run_apart(sandbox, home, _WITHOUT_RIGHTS, "sync"), str(theirs))
    for path in [theirs, *theirs.rglob("*")]:
        os.chown(path, 0, 0)
    assert run(sandbox, home, "sync", "--quiet")[0] == 0


def test_a_path_may_hold_any_character(sandbox: Sandbox, tmp_path: Path) -> None:
    home = tmp_path / "a|b c#d 'e' ü"
    code, said = run(sandbox, home, "sync", "--quiet")
    assert code == 0, said
    code, said = run(sandbox, home, "query", "--csv", "SELECT count(*) > 0 AS yes FROM words")
    assert (code, "true" in said.lower()) == (0, True)
