"""`make demo` and `make ui` beside each other, and where their port is taken."""

from __future__ import annotations

import socket
from pathlib import Path

import filelock
import pytest
from click.testing import CliRunner

from sonitemi_pipelines.cli.demo import main


@pytest.mark.parametrize("command", [["run"], ["ui", "--port", "0"]])
def test_a_second_one_says_so_and_harms_nothing(tmp_path: Path, command: list[str]) -> None:
    """It used to delete the warehouse that the first one's UI was showing."""
    kept = tmp_path / "data" / "warehouse.duckdb"
    kept.parent.mkdir()
    kept.write_text("the first one's")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    args = [word if word != "0" else str(port) for word in command]
    with filelock.FileLock(tmp_path / "demo.lock"):
        done = CliRunner().invoke(main, [*args, "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert f"a demo or its UI runs in {tmp_path} already" in done.stderr
    assert kept.read_text() == "the first one's"


def test_a_port_that_is_taken_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(main, ["ui", "--home", str(tmp_path)], env={"PORT": str(port)})
    assert done.exit_code == 1
    assert f"port {port} on 127.0.0.1" in done.stderr
    assert "PORT=3001 make ui" in done.stderr
