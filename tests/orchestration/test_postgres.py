"""Dagster's storage in Postgres, with the pinned set of packages, against a real server."""

from __future__ import annotations

import getpass
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tests.orchestration.conftest import free_port
from tests.orchestration.deployed import Deployed

pytest.importorskip("dagster_postgres", reason="sonitemi-pipelines[scale] is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _as_server(folder: Path) -> list[str]:
    """What to put before a command of Postgres, which refuses to run as root."""
    if getpass.getuser() != "root":
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("Postgres does not run as root, and there is no user postgres")
    for parent in (folder, *folder.parents):
        if parent != Path("/tmp") and Path("/tmp") in parent.parents:
            parent.chmod(0o755)
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", "postgres", "--"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """URL of an empty database."""
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("there is no Postgres server on this machine")
    folder, port = tmp_path / "postgres", free_port()
    folder.mkdir()
    before = _as_server(folder)
    data = str(folder / "data")
    start = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"

    def run(*command: str) -> None:
        subprocess.run([*before, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL)

    run("initdb", "-D", data, "-U", "dagster", "--auth=trust")
    run("pg_ctl", "-D", data, "-o", start, "-l", str(folder / "log"), "-w", "-t", "120", "start")
    try:
        yield f"postgresql://dagster@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def test_runs_and_ticks_are_kept_in_postgres(
    small: Deployed, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a later SQLAlchemy every launch failed; and guards read runs by their tags from this storage too."""
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", server)
    home = tmp_path / "instance"
    home.mkdir()
    (home / "dagster.yaml").write_text("storage:\n  postgres:\n    postgres_url:\n      env: DAGSTER_POSTGRES_URL\n")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__
        result = small.defs.resolve_job_def("sync").execute_in_process(instance=instance)
        assert result.success
        [run] = instance.get_runs(dg.RunsFilter(tags={"sonitemi/read_temi": result.dagster_run.tags["sonitemi/home"]}))
        assert run.run_id == result.run_id
        assert instance.get_latest_materialization_event(dg.AssetKey("transcripts")) is not None
    assert not list(home.rglob("*.db")), "nothing is left in files"
