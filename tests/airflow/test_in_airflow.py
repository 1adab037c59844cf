"""The example DAGs in a real Airflow, installed into an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse

# CI runs what shows that a task works, hangs, and comes through: installing Airflow is most of what that takes.
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
RUNNER = Path(__file__).with_name("run_dags.py")


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with Airflow 3 and this package. SONITEMI_TEST_AIRFLOW names one that is there."""
    ready = os.environ.get("SONITEMI_TEST_AIRFLOW")
    if ready:
        return Path(ready)
    venv = tmp_path_factory.mktemp("airflow") / "venv"
    python, wanted = venv / "bin" / "python", ["-e", f"{ROOT}[airflow]"]
    uv = shutil.which("uv")
    if uv is not None:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
        command = [uv, "pip", "install", "--quiet", "--python", str(python), *wanted]
    else:
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"Airflow cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return python


@pytest.fixture(scope="module")
def airflow_home(airflow: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of Airflow with its database made: that takes longer than any of the runs."""
    home = tmp_path_factory.mktemp("airflow-home")
    env = {**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run([str(airflow), "-m", "airflow", "db", "migrate"], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return home


@pytest.fixture
def account() -> Iterator[Sandbox]:
    with Sandbox(seed=9, sonix=3, temi=2).running() as sandbox:
        yield sandbox


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(airflow: Path, airflow_home: Path, account: Sandbox, tmp_path: Path) -> Run:
    """Runs a DAG by its id and gives what `run_dags.py` found: states, tries and results of the tasks."""
    return lambda what, **more: _run(airflow, airflow_home, tmp_path, account, what, more)


def _run(airflow: Path, home: Path, folder: Path, account: Sandbox, what: str, more: dict[str, str]) -> dict[str, Any]:
    connection = {
        "conn_type": "generic",
        "extra": {**account.env, "SONITEMI_HOME": str(folder / "lake"), "SONITEMI_CALL_SECONDS": "60"},
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SONIX_", "TEMI_", "SONITEMI_"))}
    env = {
        **clean,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "deploy" / "airflow"),
        "AIRFLOW_CONN_SONITEMI": json.dumps(connection),
        **more,
    }
    done = subprocess.run(
        [str(airflow), str(RUNNER), what], env=env, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    found: dict[str, Any] = json.loads(lines[-1].removeprefix("FOUND "))
    return found


def test_a_dag_file_is_read_without_the_lake(airflow: Path) -> None:
    """Airflow reads every DAG file twice a minute, and gives up on one that takes 30 seconds."""
    script = (
        "import sys, sonitemi_pipelines.airflow;"
        "print([m for m in sys.modules if m.startswith(('sonitemi_pipelines.lake', 'deltalake', 'duckdb'))])"
    )
    done = subprocess.run([str(airflow), "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.long
def test_the_example_dags_bring_everything_in(run: Run, account: Sandbox, tmp_path: Path) -> None:
    found = run("sonitemi_sync")
    assert found["states"] == {"sync": "success"}
    summary = found["results"]["sync"]
    assert summary["complete"] is True
    with open_warehouse(Settings.from_env({"SONITEMI_HOME": str(tmp_path / "lake")}).warehouse) as connection:
        arrived = connection.execute("SELECT count(*) FROM transcripts WHERE variant = 'latest'").fetchall()[0][0]
    assert sum(vendor["arrived"] for vendor in summary["vendors"].values()) >= arrived > 0
    for dag in ("sonitemi_reconcile", "sonitemi_maintain"):
        assert set(run(dag)["states"].values()) == {"success"}


def test_a_time_out_ends_at_once_and_the_retry_completes(run: Run, account: Sandbox, tmp_path: Path) -> None:
    """A task that hangs on its vendor would hold its worker, and the next one would meet its lock."""
    account.faults.fail_next("sonix media.list", status=200, slow_s=300, times=1)
    found = run("sonitemi_sync", SYNC_TIMEOUT="60")
    assert found["states"] == {"sync": "success"}
    assert found["tries"] == {"sync": 2}
    assert found["seconds"] < 280, "the first try waited for the vendor"
    assert found["results"]["sync"]["complete"] is True


@pytest.mark.long
def test_a_recording_is_submitted_awaited_and_brought_in(run: Run, account: Sandbox, tmp_path: Path) -> None:
    submitted: list[str] = []

    def hook(operation: str, record_id: str | None, calls: int) -> None:
        # The sandbox transcribes when it is told to: here, once somebody asks a second time how far it is.
        if operation == "sonix media.get" and record_id is not None:
            submitted.append(record_id)
            if submitted.count(record_id) == 2:
                account.complete(record_id)

    account.on_request(hook)
    found = run("sonitemi_transcribe", MEDIA="https://media.example.com/call.mp3")
    assert found["states"] == {"submit": "success", "completed": "success", "sync": "success"}
    [outcome] = found["results"]["submit"]
    assert found["results"]["completed"] == {outcome["vendor_id"]: "completed"}


@pytest.mark.long
def test_wrong_settings_fail_without_a_retry(run: Run, account: Sandbox, tmp_path: Path) -> None:
    """Retrying a malformed variable for an hour delays only the message."""
    found = run(
        "sonitemi_sync",
        AIRFLOW_CONN_SONITEMI=json.dumps({"conn_type": "generic", "extra": {"SONITEMI_HOME": str(tmp_path / "x")}}),
    )
    assert found["states"] == {"sync": "failed"}
    assert found["tries"] == {"sync": 1}
