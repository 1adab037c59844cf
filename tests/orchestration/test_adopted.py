"""A project of somebody else's, made by Dagster's own tool: three accounts come in by two component files.

SONITEMI_SOAK_SECONDS sets how long the accounts live (default 180).
"""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.webhooks import Delivery, Inbox
from tests.orchestration.conftest import DagsterDev, clean_environment, running_dagster
from tests.orchestration.parts import kill_one_part
from tests.orchestration.truth import BOTH, assert_equal_word_for_word, expected, held, rows, wait_until

SECONDS = float(os.environ.get("SONITEMI_SOAK_SECONDS", "180"))
TO_SETTLE = 400.0
LOCATION = "the speech team's place"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS + 1500)]

OWN = """\
import os
from pathlib import Path

import dagster as dg


@dg.asset
def words() -> None:
    Path(os.environ["TOUCHED"]).write_text("their asset was run")


@dg.asset(deps=[words])
def transcripts() -> None:
    Path(os.environ["TOUCHED"]).write_text("their asset was run")


@dg.op
def submit() -> None: ...


@dg.job
def submit_media() -> None:
    submit()


sync = dg.define_asset_job("sync", selection=dg.AssetSelection.assets(words, transcripts))


@dg.sensor(job=submit_media, default_status=dg.DefaultSensorStatus.RUNNING)
def webhook_inbox() -> dg.SkipReason:
    return dg.SkipReason("theirs")

"""
RESOURCES = """\
import dagster as dg


@dg.definitions
def of_their_own() -> dg.Definitions:
    return dg.Definitions(resources={"lake": object(), "sonix": object()}, executor=dg.multiprocess_executor)
"""
FIVE_LINES = """\
type: sonitemi_pipelines.dagster.SonitemiComponent
attributes:
  sonix: {{api_key: "{{{{ env.FIRST_SONIX_KEY }}}}"}}
  temi: {{api_key: "{{{{ env.TEMI_KEY }}}}"}}
  lake: {{home: {home}}}
"""
LIVELY = "sync_cron: '*/2 * * * *', balance_cron: '*/2 * * * *', maintain_cron: '*/3 * * * *', reread_days: 60"
"""Schedules come up within minutes. Edits show in no list of Sonix: `reconcile` is to read all of it again."""
FIRST = """\
type: sonitemi_pipelines.dagster.SonitemiComponent
attributes:
  sonix: {{api_key: "{{{{ env.FIRST_SONIX_KEY }}}}", base_url: "{{{{ env.FIRST_URL }}}}"}}
  temi: {{api_key: "{{{{ env.TEMI_KEY }}}}", base_url: "{{{{ env.TEMI_URL }}}}"}}
  lake: {{home: {home}, {lively}, reconcile_cron: "0 0 29 2 *"}}
  key_prefix: first
"""
SECOND = """\
type: sonitemi_pipelines.dagster.SonitemiComponent
attributes:
  sonix: {{api_key: "{{{{ env.SECOND_SONIX_KEY }}}}", base_url: "{{{{ env.SECOND_URL }}}}"}}
  lake: {{home: {home}, {lively}, reconcile_cron: "0 0 29 2 *"}}
  captions: {{folder: {home}/captions, format: txt}}
  key_prefix: [second, team]
"""


class Project:
    """Their project, and the two homes that ours keeps beside it."""

    def __init__(self, folder: Path) -> None:
        self.root, self.folder = folder / "speech-team", folder
        self.homes = {"first": folder / "lake-one", "second": folder / "lake-two"}
        self.touched = folder / "touched"
        self.workspace = folder / "workspace.yaml"

    @property
    def env(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.root / "src"), "TOUCHED": str(self.touched), "HOME": str(self.folder)}

    def warehouse(self, of: str) -> Path:
        return self.homes[of] / "warehouse.duckdb"

    def component(self, name: str, text: str, **more: Any) -> None:
        path = self.root / "src" / "speech_team" / "defs" / name / "defs.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(lively=LIVELY, **more))

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=clean_environment(**self.env, **env),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """What `create-dagster project` makes, with assets, jobs, a sensor and resources that are called as ours are."""
    found = Project(tmp_path)
    done = subprocess.run(
        ["create-dagster", "project", "speech-team", "--no-uv-sync"],
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    defs = found.root / "src" / "speech_team" / "defs"
    (defs / "own.py").write_text(OWN)
    (defs / "resources.py").write_text(RESOURCES)
    place = json.dumps({"module_name": "speech_team.definitions", "location_name": LOCATION})
    found.workspace.write_text(f"load_from:\n  - python_module: {place}\n")
    return found


def test_five_lines_in_a_fresh_project_pass_dagsters_own_checks(project: Project) -> None:
    """Beside an asset `words`, a job `sync`, a resource `lake` and an executor of other people."""
    project.component("speech", FIVE_LINES, home=project.homes["first"])
    done = project.run("dg", "check", "defs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FIRST_SONIX_KEY is not set: skipped" in done.stdout + done.stderr
    done = project.run("dagster", "definitions", "validate", "-w", str(project.workspace))
    assert done.returncode == 0, done.stdout + done.stderr
    listed = project.run("dg", "list", "defs", "--json")
    assert listed.returncode == 0, listed.stdout + listed.stderr
    found = json.dumps(json.loads(listed.stdout))
    for name in (
        '"words"',
        '"sync"',
        '"submit_media"',
        '"sonitemi/words"',
        '"sonitemi_sync"',
        '"sonitemi_sonix_completion"',
    ):
        assert name in found, name

    # A second component that would write the same lake, and one that stands nowhere in particular.
    for text, said in (
        (FIVE_LINES + "  key_prefix: other\n", f"two components have the home {project.homes['first']}"),
        (FIVE_LINES.replace("{home}", "data") + "  key_prefix: other\n", "lake.home is data, which is a relative path"),
    ):
        project.component("again", text, home=project.homes["first"])
        done = project.run("dg", "check", "defs")
        assert done.returncode != 0
        [line, *_] = [line for line in (done.stdout + done.stderr).splitlines() if said in line]
        assert line.strip()


@contextmanager
def accounts() -> Iterator[tuple[Sandbox, Sandbox]]:
    """Two Sonix accounts and one Temi account that live and fail; the second sandbox's Temi is nobody's."""
    with (
        Sandbox(seed=21, sonix=24, temi=12, minutes=(0.2, 0.5), sonix_key="key-of-one").running() as first,
        Sandbox(seed=22, sonix=24, temi=0, minutes=(0.2, 0.5), sonix_key="key-of-two").running() as second,
    ):
        first.set_balance(1_000_000)
        for number, sandbox in enumerate((first, second)):
            sandbox.faults.random(0.05, number)
            sandbox.start_life(3 + number, number)
        yield first, second


def environment(first: Sandbox, second: Sandbox) -> dict[str, str]:
    return {
        "FIRST_SONIX_KEY": first.keys["sonix"],
        "FIRST_URL": first.base_url,
        "TEMI_KEY": first.keys["temi"],
        "TEMI_URL": first.base_url,
        "SECOND_SONIX_KEY": second.keys["sonix"],
        "SECOND_URL": second.base_url,
    }


_RUNS = """
query { runsOrError { ... on Runs { results { runId jobName status startTime endTime tags { key value } } } } }
"""


def runs(dev: DagsterDev) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dev.ask(_RUNS)["runsOrError"]["results"]
    return [{**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]


def together(found: list[dict[str, Any]], tag: str) -> list[tuple[str, str]]:
    """Runs that read one account at the same time."""
    spans = sorted(
        (run["tags"][tag], run["startTime"], run["endTime"] or time.time(), run["runId"])
        for run in found
        if tag in run["tags"] and run["startTime"] and not run["tags"][tag].endswith(" not")
    )
    return [
        (one[3], other[3]) for one, other in itertools.pairwise(spans) if one[0] == other[0] and other[1] < one[2] - 0.5
    ]


@pytest.mark.long
def test_three_accounts_live_in_somebody_elses_deployment_and_nothing_mixes(project: Project, tmp_path: Path) -> None:
    """Each lake ends as its account's truth, by sensors and schedules alone; then keys are mixed up, and nothing is."""
    project.component("first", FIRST, home=project.homes["first"])
    project.component("second", SECOND, home=project.homes["second"])
    with accounts() as (first, second):
        env = {**project.env, **environment(first, second)}
        each = ((first, "first", BOTH), (second, "second", ("sonix",)))
        with running_dagster(tmp_path, project.workspace, LOCATION, **env) as dev:
            for of in project.homes:
                wait_until(project.warehouse(of).exists, 600, f"the sensors filled the warehouse of the {of}")
            time.sleep(SECONDS)
            for sandbox in (first, second):
                sandbox.stop_life()
                sandbox.faults.clear()
            told_by_webhook(project, first)
            for sandbox, of, providers in each:
                arrived = {key for key in expected(sandbox, providers) if key[2] != "machine"}
                wait_until(
                    lambda of=of, arrived=arrived: arrived <= held(project.warehouse(of)).keys(),  # type: ignore[misc]
                    TO_SETTLE,
                    f"sensors alone brought every transcript of the {of}",
                )
                served = {key: n for key, n in sandbox.traffic.served_revisions().items() if key[0] in providers}
                assert {key: n for key, n in served.items() if n > 1} == {}, "fetched more than once"
            wait_until(lambda: waiting_events(project) == 0, 120, "the webhook's event is done")
            of_sensors = runs(dev)
            assert together(of_sensors, "sonitemi/reads_sonix") == together(of_sensors, "sonitemi/reads_temi") == []
            scheduled = {run["tags"].get("dagster/schedule_name") for run in of_sensors}
            assert {"first_sync_schedule", "second_team_sync_schedule"} <= scheduled, scheduled
            a_run_dies_and_its_work_is_done(dev, project, first)
            for job in ("first_reconcile", "second_team_reconcile"):
                assert dev.wait(dev.launch(job), 300) == "SUCCESS"
            for sandbox, of, providers in each:
                assert_equal_word_for_word(project.warehouse(of), sandbox, providers)
            assert {run["jobName"] for run in runs(dev)} & {"sync", "submit_media"} == set(), "their jobs were run"
        assert not project.touched.exists(), "their assets are never touched"
        captions = {path.stem for path in (project.homes["second"] / "captions").glob("*.txt")}
        has = rows(project.warehouse("second"), "SELECT recording_id FROM transcripts WHERE variant = 'latest'")
        assert captions == {f"sonix-{recording_id}" for (recording_id,) in has}, "gone or not, until it is erased"
        keys_mixed_up_mix_nothing(project, first, second)


def told_by_webhook(project: Project, sandbox: Sandbox) -> None:
    [media] = sandbox.add_sonix(1, minutes=0.3)
    with Inbox(project.homes["first"] / "inbox" / "webhooks.sqlite") as inbox:
        body = json.dumps({"id": media}).encode()
        inbox.put(
            Delivery(provider="sonix", recording_id=media, kind="status_change", received_at=utc_now(), body=body)
        )


def waiting_events(project: Project) -> int:
    with Inbox(project.homes["first"] / "inbox" / "webhooks.sqlite") as inbox:
        return inbox.counts().pending


def a_run_dies_and_its_work_is_done(dev: DagsterDev, project: Project, sandbox: Sandbox) -> None:
    """kill -9 of a run at work: somebody notices, ends it, and the next run does what it left."""
    sandbox.latency_ms = 300
    added = sandbox.add_sonix(12, minutes=0.2)
    rng = random.Random(3)
    wait_until(lambda: kill_one_part(dev, "run worker", rng), 180, "a run was at work")
    sandbox.latency_ms = 0
    wanted = {("sonix", media, "latest") for media in added}
    wait_until(lambda: wanted <= held(project.warehouse("first")).keys(), TO_SETTLE, "the next run did the work")
    at_work = ("STARTED", "STARTING", "CANCELING")
    wait_until(lambda: all(run["status"] not in at_work for run in runs(dev)), 240, "no run hangs")


def keys_mixed_up_mix_nothing(project: Project, first: Sandbox, second: Sandbox) -> None:
    right = environment(first, second)
    swapped = {
        **right,
        "FIRST_SONIX_KEY": right["SECOND_SONIX_KEY"],
        "FIRST_URL": right["SECOND_URL"],
        "SECOND_SONIX_KEY": right["FIRST_SONIX_KEY"],
        "SECOND_URL": right["FIRST_URL"],
    }
    before = {of: everything(project.warehouse(of)) for of in project.homes}

    def execute(job: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return project.run("dagster", "job", "execute", "-m", "speech_team.definitions", "-j", job, **env)

    for job in ("first_sync", "second_team_sync"):
        done = execute(job, swapped)
        assert done.returncode != 0
        assert "shares no recording with" in done.stderr
    assert {of: everything(project.warehouse(of)) for of in project.homes} == before, "the other's recordings came in"

    first.reset_counts()
    second.reset_counts()
    done = execute("first_sync", {**right, "FIRST_SONIX_KEY": ""})
    assert done.returncode == 0, done.stderr[-3000:]
    assert "FIRST_SONIX_KEY is not set: skipped" in done.stderr
    assert not any(name.startswith("sonix") for name in {**first.counts(), **second.counts()})
    assert any(name.startswith("temi") for name in first.counts())
    assert {of: everything(project.warehouse(of)) for of in project.homes} == before


def everything(warehouse: Path) -> list[tuple[Any, ...]]:
    return rows(
        warehouse,
        "SELECT provider, recording_id, variant, revision, deleted_at FROM recordings "
        "LEFT JOIN transcripts USING (provider, recording_id) ORDER BY ALL",
    )
