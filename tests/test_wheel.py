"""What `pip install sonitemi-pipelines` gives: a wheel of one package that works without Dagster on the machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from sonitemi_pipelines.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
UV = shutil.which("uv")


def _run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SONIX_", "TEMI_", "SONITEMI_", "PYTHON", "VIRTUAL_ENV"))
    }
    parts = [str(part) for part in command]
    return subprocess.run(parts, cwd=cwd, env={**kept, **env}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = ["uv", "build", "--wheel"] if UV else [sys.executable, "-m", "pip", "wheel", "--no-deps"]
    made = _run(*command, *(["-o"] if UV else ["-w"]), folder, ROOT, cwd=folder)
    if made.returncode != 0 and "hatchling" in made.stderr:
        pytest.skip("hatchling, which builds the wheel, is not to be had")
    assert made.returncode == 0, made.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_is_one_package_with_all_that_its_commands_need(wheel: Path) -> None:
    """A second top-level package, such as dagster_project, would stand in the way of a user's own."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"sonitemi_pipelines"}
    package = {name.removeprefix("sonitemi_pipelines/") for name in names}
    assert {"py.typed", "sql/marts/recordings.sql", "deploy/dagster.yaml"} <= package
    assert {f"sql/examples/{path.name}" for path in (ROOT / "sql" / "examples").glob("*.sql")} <= package
    assert {"vendors/sonix/recordings.sql", "vendors/temi/recordings.sql", "report/page.html"} <= {
        name.replace("report/templates/", "report/") for name in package
    }


def _lowest() -> list[str]:
    """The engines at the lowest versions that pyproject.toml allows; of small libraries only newer ones are tried."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    engines = [re.match(r"(duckdb|deltalake|pyarrow|pandas|numpy)>=([\d.]+)", text) for text in declared]
    return [f"{found[1]}=={found[2]}" for found in engines if found]


def _installed(folder: Path, interpreter: str, *wanted: str) -> Path:
    """The Python of a new environment that has what is wanted and what that needs."""
    venv = folder / "venv"
    python = venv / "bin" / "python"
    if UV:
        made = _run("uv", "venv", "-q", "--python", interpreter, venv, cwd=folder)
        installer: tuple[str | Path, ...] = ("uv", "pip", "install", "-q", "--python", python)
    else:
        made = _run(interpreter, "-m", "venv", venv, cwd=folder)
        installer = (python, "-m", "pip", "install", "-q")
    assert made.returncode == 0, made.stderr
    done = _run(*installer, *wanted, cwd=folder)
    if done.returncode != 0 and any(said in done.stderr for said in ("resolve", "connect", "No matching", "fetch")):
        pytest.skip("the packages it needs are not to be had")
    assert done.returncode == 0, done.stderr
    return python


@pytest.mark.slow
@pytest.mark.parametrize("versions", ["pinned", "lowest"])
def test_installed_without_extras_it_syncs_queries_and_reports_with_no_dagster_there(
    wheel: Path, tmp_path: Path, versions: str
) -> None:
    """Who schedules it by cron or Airflow does not have to take Dagster along, nor newer engines than we say."""
    home = tmp_path / "home"
    wanted = _lowest() if versions == "lowest" else ["-c", str(ROOT / "constraints.txt")]
    python = _installed(tmp_path, sys.executable, str(wheel), *wanted)
    sonitemi = python.with_name("sonitemi")
    assert _run(python, "-c", "import dagster", cwd=tmp_path).returncode != 0
    with Sandbox(seed=4, sonix=2, temi=2, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        env = {**sandbox.env, "SONITEMI_HOME": str(home)}
        synced = _run(sonitemi, "sync", cwd=tmp_path, **env)
        assert synced.returncode == 0, synced.stdout + synced.stderr
    answer = _run(sonitemi, "query", "SELECT count(*) > 0 AS there FROM words", cwd=tmp_path, **env)
    assert "true" in answer.stdout, answer.stderr
    ids = "SELECT min(recording_id) AS id FROM transcripts WHERE provider = 'temi'"
    job = _run(sonitemi, "query", "--csv", ids, cwd=tmp_path, **env).stdout.split()[-1]
    for command in (["report", "temi", job], ["export", "temi", job, "--format", "srt"], ["doctor"]):
        said = _run(sonitemi, *command, cwd=tmp_path, **env)
        assert said.returncode == (1 if command == ["doctor"] else 0), said.stdout + said.stderr
        assert "Traceback" not in said.stderr
    frame = "from sonitemi_pipelines import open_warehouse; print(len(open_warehouse().df('FROM turns')) > 0)"
    if "open_warehouse" in (ROOT / "sonitemi_pipelines" / "__init__.py").read_text():
        assert _run(python, "-c", frame, cwd=tmp_path, **env).stdout == "True\n"


@pytest.mark.slow
def test_with_the_extra_dagster_loads_it_in_an_empty_folder_and_beside_a_dagster_project_of_ones_own(
    wheel: Path, tmp_path: Path
) -> None:
    """Whoever has Dagster tries it in a folder with nothing in it; and `dagster_project` is what Dagster's own
    tutorials call a project, so that many have one.
    """
    python = _installed(tmp_path, sys.executable, f"{wheel}[dagster]", "-c", str(ROOT / "constraints.txt"))
    ours = ("-m", "sonitemi_pipelines.dagster.definitions")
    env = {"DAGSTER_DISABLE_TELEMETRY": "1", "HOME": str(tmp_path)}
    empty, own = tmp_path / "empty", tmp_path / "own"
    empty.mkdir()
    done = _run(python.with_name("dagster"), "definitions", "validate", *ours, cwd=empty, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr
    (own / "dagster_project").mkdir(parents=True)
    (own / "dagster_project" / "__init__.py").touch()
    (own / "dagster_project" / "definitions.py").write_text(
        "import dagster as dg\n@dg.asset\ndef words(): ...\ndefs = dg.Definitions(assets=[words])\n"
    )
    both = ("-m", "dagster_project.definitions", *ours)
    done = _run(python.with_name("dagster"), "definitions", "validate", *both, cwd=own, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = _run(python.with_name("dagster"), "asset", "list", *both[:2], cwd=own, **env)
    assert listed.stdout.split() == ["words"], "what is theirs stays theirs"
