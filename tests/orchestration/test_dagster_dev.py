"""What an operator meets in Dagster: definitions that load, runs that say what they did, failures in plain words."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts.model import load_marts
from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.conftest import ROOT, DagsterDev, clean_environment

WRITTEN_ON_REQUEST = {"vendor_requests", "forgotten"}
"""Tables that only a person's request fills: no run of `sync` touches them."""

_MATERIALIZATIONS = """
query ($id: ID!) { runOrError(runId: $id) { ... on Run {
  eventConnection(limit: 5000) { events { __typename
    ... on MaterializationEvent { assetKey { path } metadataEntries { label
        ... on IntMetadataEntry { intValue } } }
    ... on AssetCheckEvaluationEvent { evaluation { checkName success severity } }
    ... on ExecutionStepFailureEvent { error { message } } } } } } }
"""


_SCHEMA = """
{ assetNodes(assetKeys: [{path: ["words"]}]) { metadataEntries { label
  ... on TableSchemaMetadataEntry { schema { columns { name type description } } } } } }
"""


@pytest.mark.parametrize(
    "command", [["dagster", "definitions", "validate", "-w", "workspace.yaml"], ["dg", "check", "defs"]]
)
def test_definitions_load_with_no_environment_variable_set(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment(HOME=str(tmp_path)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_run_launched_from_the_ui_succeeds_and_tells_rows_and_columns(
    dagster_dev: DagsterDev, sandbox: Sandbox, tmp_path: Path
) -> None:
    run_id = dagster_dev.launch("sync")
    assert dagster_dev.wait(run_id) == "SUCCESS"
    events = dagster_dev.ask(_MATERIALIZATIONS, id=run_id)["runOrError"]["eventConnection"]["events"]
    rows = {}
    for event in events:
        if event["__typename"] != "MaterializationEvent":
            continue
        name = event["assetKey"]["path"][-1]
        for entry in event["metadataEntries"]:
            if entry["label"] == "dagster/row_count":
                rows[name] = entry["intValue"]
    assert set(TABLES) - WRITTEN_ON_REQUEST | set(load_marts()) <= set(rows)
    assert rows["sonix_media"] == 12
    assert rows["temi_jobs"] == 10
    # Columns stand with the asset, once, and not with each run.
    entries = dagster_dev.ask(_SCHEMA)["assetNodes"][0]["metadataEntries"]
    [schema] = [entry["schema"]["columns"] for entry in entries if entry["label"] == "dagster/column_schema"]
    columns = {column["name"]: column for column in schema}
    assert columns["start_ms"]["type"] == "INTEGER"
    assert columns["start_ms"]["description"] == "start in the media; NULL when untimed [ms]"
    with duckdb.connect(str(tmp_path / "data" / "warehouse.duckdb"), read_only=True) as connection:
        for name, count in rows.items():
            held = connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()
            assert held == [(count,)], name
    checks = {
        event["evaluation"]["checkName"]: event["evaluation"]["success"]
        for event in events
        if event["__typename"] == "AssetCheckEvaluationEvent"
    }
    assert checks["all_transcripts_arrived"] is True

    # The same process again: one transcript that cannot be had stops nothing, and the run is not green.
    [media], [job] = sandbox.add_sonix(minutes=1), sandbox.add_temi(minutes=1)
    sandbox.faults.fail_next("sonix transcript.get", id=media, status=404, times=None)
    run_id = dagster_dev.launch("sync")
    assert dagster_dev.wait(run_id) == "FAILURE"
    events = dagster_dev.ask(_MATERIALIZATIONS, id=run_id)["runOrError"]["eventConnection"]["events"]
    [check] = [
        event["evaluation"]
        for event in events
        if event.get("evaluation", {}).get("checkName") == "all_transcripts_arrived"
    ]
    assert check == {"checkName": "all_transcripts_arrived", "success": False, "severity": "ERROR"}
    with duckdb.connect(str(tmp_path / "data" / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM words WHERE recording_id = ?", [job]).fetchall() != [(0,)]

    # Only what is asked for: the scope narrows a run to one job.
    sandbox.faults.clear()
    [job] = sandbox.add_temi(minutes=1)
    sandbox.reset_counts()
    scope = {"resources": {"sonitemi__scope": {"config": {"temi_ids": [job], "sonix_ids": []}}}}
    assert dagster_dev.wait(dagster_dev.launch("sync", scope)) == "SUCCESS"
    assert sandbox.counts_by_id("temi transcript.get") == {job: 1}
    assert sandbox.counts().get("sonix transcript.get", 0) == 0

    storage = (tmp_path / "dagster").rglob("*")
    secrets = [value.encode() for name, value in sandbox.env.items() if name.endswith("KEY")]
    for file in storage:
        if file.is_file():
            content = file.read_bytes()
            assert not any(secret in content for secret in secrets), f"a key stands in {file.name}"


def execute(home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["dagster", "job", "execute", "-m", "dagster_project.definitions", "-j", "sync"],
        cwd=ROOT,
        env=clean_environment(SONITEMI_HOME=str(home / "data"), HOME=str(home), **env),
        capture_output=True,
        text=True,
        check=False,
    )


def transcripts(home: Path) -> dict[str, int]:
    with duckdb.connect(str(home / "data" / "warehouse.duckdb"), read_only=True) as connection:
        sql = "SELECT provider, count(DISTINCT recording_id) FROM transcripts JOIN speaker_stats USING (provider, recording_id) GROUP BY 1"  # noqa: E501
        return dict(connection.execute(sql).fetchall())


@pytest.mark.slow
def test_a_wrong_key_at_one_vendor_keeps_nothing_of_the_other_out(sandbox: Sandbox, tmp_path: Path) -> None:
    """A revoked key must not cost the other vendor's transcripts; and the command says what is missing, at its end."""
    done = execute(tmp_path, **{**sandbox.env, "SONIX_API_KEY": "wrong-key"})
    assert done.returncode != 0
    truth = sandbox.truth()["temi"]
    assert transcripts(tmp_path) == {"temi": sum(bool(record["variants"]) for record in truth.values())}
    last = done.stderr.strip().splitlines()[-1]
    assert "Sonix was not read to the end" in last
    assert "check the API key" in last
    assert "wrong-key" not in done.stderr + done.stdout
    assert "were not executed" not in done.stderr
    assert sandbox.counts()["sonix folder.list"] == 1, "a wrong key is not tried again"
    # Mended, the next run needs no DAGSTER_HOME either, and brings the rest.
    done = execute(tmp_path, **sandbox.env)
    assert done.returncode == 0, done.stderr[-3000:]
    assert set(transcripts(tmp_path)) == {"sonix", "temi"}


@pytest.mark.slow
def test_a_vendor_without_a_key_is_skipped_aloud(sandbox: Sandbox, tmp_path: Path) -> None:
    env = {name: value for name, value in sandbox.env.items() if name.startswith("TEMI")}
    done = execute(tmp_path, **env)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "SONIX_API_KEY is not set: skipped" in done.stderr
    assert json.dumps(sandbox.counts()).find("sonix") == -1


_CANCEL = """
mutation ($id: String!) { terminateRun(runId: $id, terminatePolicy: SAFE_TERMINATE) { __typename
  ... on TerminateRunFailure { message } } }
"""


@pytest.mark.slow
def test_a_cancelled_run_ends_within_seconds_though_it_waits_for_a_vendor(
    dagster_dev: DagsterDev, sandbox: Sandbox
) -> None:
    """A 429 with 45 s to wait held a cancelled run, and its vendor's lock, for five minutes."""
    sandbox.faults.fail_next("sonix media.list", status=429, retry_after=45, times=None)
    run_id = dagster_dev.launch("sync")
    until = time.monotonic() + 120
    while not sandbox.counts().get("sonix media.list"):
        assert time.monotonic() < until, "it never asked"
        time.sleep(0.1)
    time.sleep(1.0)
    started = time.monotonic()
    assert dagster_dev.ask(_CANCEL, id=run_id)["terminateRun"]["__typename"] == "TerminateRunSuccess"
    assert dagster_dev.wait(run_id, 60) == "CANCELED"
    assert time.monotonic() - started < 10, "5 s, and room for Dagster to notice"
    sandbox.faults.clear()
    assert dagster_dev.wait(dagster_dev.launch("sync"), 300) == "SUCCESS", "no lock is left behind"
