"""`make demo` and `make ui`: the whole pipeline through Dagster on the sandbox, with all state in one folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import filelock

from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.vendors import VENDORS, names_of_keys
from sonitemi_pipelines.warehouse import open_warehouse

CHECKOUT = Path(__file__).resolve().parents[2]
WORKSPACE = CHECKOUT / "workspace.yaml"

INSTANCE = CHECKOUT / "deploy" / "dagster.yaml"

QUESTIONS = (
    (
        "What is in the account, and how much of it?",
        """SELECT provider, status, count(*) AS recordings, round(sum(duration_ms) / 60000.0, 1) AS minutes
        FROM recordings WHERE deleted_at IS NULL GROUP BY ALL ORDER BY ALL""",
    ),
    (
        "Who spoke most, and how fast?",
        """SELECT r.name AS recording, s.speaker, round(s.speaking_ms / 60000.0, 1) AS minutes, s.words,
               round(s.speech_rate_wpm) AS words_per_minute
        FROM speaker_stats AS s JOIN recordings AS r USING (provider, recording_id)
        WHERE s.variant = 'latest' ORDER BY s.speaking_ms DESC LIMIT 8""",
    ),
    (
        "Who interrupts whom?",
        """SELECT r.name AS recording, i.interrupter, i.interrupted, i.interruptions, round(i.per_hour) AS per_hour
        FROM interruptions AS i JOIN recordings AS r USING (provider, recording_id)
        WHERE i.variant = 'latest' ORDER BY i.interruptions DESC, i.per_hour DESC LIMIT 5""",
    ),
    (
        "Which words were said most often, of five letters and more?",
        """SELECT lower(trim(text, '.,?!')) AS word, count(*) AS times
        FROM words WHERE variant = 'latest' AND kind = 'word' AND length(trim(text, '.,?!')) >= 5
        GROUP BY 1 ORDER BY times DESC, word LIMIT 8""",
    ),
    (
        "What did not come through?",
        """SELECT provider, name AS recording, status, vendor_status
        FROM recordings WHERE status NOT IN ('completed', 'in_progress') ORDER BY ALL""",
    ),
)


@contextmanager
def demo_environment(home: Path) -> Iterator[dict[str, str]]:
    """The sandbox running, and the environment that points the pipeline at it."""
    instance = home / "dagster"
    instance.mkdir(parents=True, exist_ok=True)
    (home / "tmp").mkdir(exist_ok=True)
    shutil.copyfile(INSTANCE, instance / "dagster.yaml")
    with Sandbox(seed=1).running() as sandbox:
        yield {
            **environment(),
            **sandbox.env,
            "SONITEMI_HOME": str(home / "data"),
            "SONITEMI_WAREHOUSE": str(home / "data" / "warehouse.duckdb"),
            "DAGSTER_HOME": str(instance),
            "TMPDIR": str(home / "tmp"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment().get('PATH', '')}",
        }


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the demo's folder: a second demo, or one beside the UI, would take the first one's files from under it."""
    home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(home / "demo.lock", timeout=0)
    try:
        with lock:
            yield
    except filelock.Timeout:
        click.echo(
            f"sonitemi: a demo or its UI runs in {home} already and is left alone; stop it (Ctrl-C), then try again",
            err=True,
        )
        sys.exit(1)


def check_port(port: int) -> None:
    """End with a line that says what to do when somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            click.echo(
                f"sonitemi: port {port} on 127.0.0.1: {error.strerror}; choose another, PORT=3001 make ui", err=True
            )
            sys.exit(1)


def show_sandbox(env: dict[str, str]) -> None:
    """How to use the sandbox from another terminal while it runs."""
    click.echo("The sandbox serves both vendors while this runs. To use it from another terminal:")
    of_vendors = [variable for vendor in VENDORS.values() for variable in (vendor.key_variable, vendor.url_variable)]
    for name in (*of_vendors, "SONITEMI_HOME"):
        click.echo(f"  export {name}={env[name]}")


@click.group()
def main() -> None:
    """The demo."""


@main.command()
@click.option("--home", type=click.Path(path_type=Path), required=True)
def run(home: Path) -> None:
    """Run job `sync` through Dagster on the sandbox, then ask the warehouse a few questions."""
    home = home.resolve()
    with alone(home):
        _run_once(home)


def _run_once(home: Path) -> None:
    shutil.rmtree(home / "data", ignore_errors=True)
    with demo_environment(home) as env:
        click.echo("The sandbox serves both vendors; Dagster runs job `sync` on it ...")
        with (home / "sync.log").open("w") as log:
            done = subprocess.run(
                ["dagster", "job", "execute", "-m", "dagster_project.definitions", "-j", "sync"],
                env=env,
                cwd=CHECKOUT,
                stdout=log,
                stderr=log,
                check=False,
            )
    if done.returncode != 0:
        click.echo(f"Job `sync` failed; see {home / 'sync.log'}", err=True)
        sys.exit(1)
    answer_questions(Path(env["SONITEMI_WAREHOUSE"]))
    click.echo(
        f"\nThe warehouse is {env['SONITEMI_WAREHOUSE']}: open it with any DuckDB 1.2 or later."
        f"\nNext: `make ui` shows the same in Dagster's UI. With {names_of_keys()} set,"
        "\n`.venv/bin/sonitemi sync` fills ./data from your own account."
    )


def answer_questions(warehouse: Path) -> None:
    """Print each question with its answer."""
    with open_warehouse(warehouse) as connection:
        for question, sql in QUESTIONS:
            click.echo(f"\n{question}")
            connection.sql(sql).show(max_width=120)


@main.command()
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, envvar="PORT", show_default=True, show_envvar=True)
def ui(home: Path, port: int) -> None:
    """Dagster's UI, daemon and sandbox until Ctrl-C."""
    check_port(port)
    home = home.resolve()
    with alone(home), demo_environment(home) as env:
        show_sandbox(env)
        command = ["dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
        # A shell that starts this in the background has it ignore Ctrl-C, and Dagster would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(command, env=env, cwd=CHECKOUT)
        signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
        while process.poll() is None:
            try:
                process.wait()
            except KeyboardInterrupt:
                # Dagster got the same signal and is winding down.
                continue
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
