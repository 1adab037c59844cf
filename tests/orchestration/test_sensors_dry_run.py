"""What an operator sees before trusting a sensor: its dry run in the UI, and the same on the command line."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.conftest import ROOT, DagsterDev

_DRY_RUN = """
mutation ($selector: SensorSelector!, $cursor: String) { sensorDryRun(selectorData: $selector, cursor: $cursor) {
  __typename
  ... on PythonError { message }
  ... on DryRunInstigationTick { evaluationResult { skipReason cursor error { message }
    runRequests { runKey runConfigYaml tags { key value } assetSelection { path } } } } } }
"""


def dry_run(dev: DagsterDev, name: str, cursor: str | None = None) -> dict[str, Any]:
    selector = {"repositoryLocationName": "sonitemi", "repositoryName": "__repository__", "sensorName": name}
    found = dev.ask(_DRY_RUN, selector=selector, cursor=cursor)["sensorDryRun"]
    assert found["__typename"] == "DryRunInstigationTick", found
    result = dict(found["evaluationResult"])
    assert result["error"] is None, result["error"]
    return result


@pytest.mark.long
@pytest.mark.timeout(600)
def test_dry_runs_show_the_run_that_would_be_requested_and_request_none(
    dagster_dev: DagsterDev, sandbox: Sandbox
) -> None:
    first = dry_run(dagster_dev, "sonix_completion")
    [request] = first["runRequests"]
    assert "sonix_ids" not in request["runConfigYaml"], "a sensor that knows nothing asks for the whole account"
    assert dagster_dev.wait(dagster_dev.launch("sync")) == "SUCCESS"
    [media], [job] = sandbox.add_sonix(minutes=0.2), sandbox.add_temi(minutes=0.2)
    cursor = '{"born_at": 1.0, "version": 1}'
    [request] = dry_run(dagster_dev, "sonix_completion", cursor)["runRequests"]
    assert media in request["runConfigYaml"]
    tags = {tag["key"]: tag["value"] for tag in request["tags"]}
    assert tags["sonitemi/trigger"] == "sonix_completion"
    assert tags["sonitemi/news"] == "1 completed"
    assets = {asset["path"][-1] for asset in request["assetSelection"]}
    assert {"sonix_media", "transcripts", "words", "speaker_stats", "warehouse"} <= assets
    assert not {"temi_jobs", "temi_account_balance", "sonix_users"} & assets
    quiet = dry_run(dagster_dev, "sonix_summaries_completion")
    assert "open" in str(quiet["skipReason"])
    assert "there is no inbox" in str(dry_run(dagster_dev, "webhook_inbox")["skipReason"])
    runs = dagster_dev.ask("{ runsOrError { ... on Runs { results { jobName } } } }")["runsOrError"]["results"]
    assert [run["jobName"] for run in runs] == ["sync"], "a dry run requests nothing"

    shown = subprocess.run(
        ["dagster", "sensor", "preview", "temi_completion", "-w", "workspace.yaml", "--cursor", cursor],
        cwd=ROOT,
        env=dagster_dev.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr[-2000:]
    assert job in shown.stdout
    assert "Sensor returning run requests for 1 run(s)" in shown.stdout + shown.stderr
