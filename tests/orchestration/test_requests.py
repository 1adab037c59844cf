"""The jobs that cost money, as an operator launches them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from tests.orchestration.deployed import Deployed

ROOT = Path(__file__).resolve().parents[2]
OPS = {
    "submit_media": "submit",
    "request_summary": "summarize",
    "request_batch_summary": "summarize_folder",
    "request_translation": "translate",
}
PROMPT = "Summarize in 10 sentences"


class Operator:
    """Launches jobs in this process, against the sandbox."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self.lake = Lake.from_settings(settings)
        self._deployed = Deployed(sandbox, settings.home, dict(sandbox.keys))
        self._without = self._deployed.again(keys={"sonix": "", "temi": ""})

    def launch(self, job: str, *, keys: bool = True, **config: Any) -> dg.ExecuteInProcessResult:
        deployed = self._deployed if keys else self._without
        return deployed.defs.resolve_job_def(job).execute_in_process(
            run_config={"ops": {OPS[job]: {"config": config}}}, tags={"user": "ann"}, raise_on_error=False
        )

    def job(self, name: str) -> dg.JobDefinition:
        return self._deployed.defs.resolve_job_def(name)

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.lake.read(VENDOR_REQUESTS).to_pylist()
        return sorted(found, key=lambda row: row["requested_at"])


@pytest.fixture
def operator(sandbox: Sandbox, settings: Settings) -> Operator:
    return Operator(sandbox, settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "calls"
    path.mkdir()
    for name in ("a.mp3", "b.mp3"):
        (path / name).write_bytes(f"sound of {name}".encode())
    (path / "notes.txt").write_text("no sound")
    return path


def reason(result: dg.ExecuteInProcessResult) -> str:
    """Why a run failed, as the UI shows it."""
    assert not result.success
    [event] = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data.user_failure_data
    assert data is not None, event.step_failure_data.error
    return str(data.description)


def test_a_folder_is_submitted_and_recorded(sandbox: Sandbox, operator: Operator, folder: Path) -> None:
    """The operator reads in the run what was sent, and under which ids the vendor has it."""
    result = operator.launch(
        "submit_media", provider="sonix", folder=str(folder), pattern="*.mp3", language="en", name_prefix="Monday "
    )
    assert result.success
    rows = operator.rows()
    assert [Path(row["subject"]).name for row in rows] == ["a.mp3", "b.mp3"]
    assert {(row["status"], row["requested_by"], row["run_id"]) for row in rows} == {("accepted", "ann", result.run_id)}
    [materialized] = [event for event in result.all_events if event.is_step_materialization]
    metadata = materialized.materialization.metadata
    assert metadata["accepted"].value == 2
    assert metadata["vendor ids"].value == ", ".join(row["vendor_id"] for row in rows)
    names = {sandbox.vendors.sonix.media.get(row["vendor_id"]).name for row in rows}  # type: ignore[union-attr]
    assert names == {"Monday a.mp3", "Monday b.mp3"}


def test_a_double_click_is_refused_and_force_is_not(sandbox: Sandbox, operator: Operator, folder: Path) -> None:
    """The launch button is easily pressed twice."""
    how: dict[str, Any] = {"provider": "temi", "folder": str(folder), "pattern": "a.mp3"}
    assert operator.launch("submit_media", **how).success
    [row] = operator.rows()
    said = reason(operator.launch("submit_media", **how))
    assert row["vendor_id"] in said
    assert "by ann" in said
    assert "force" in said
    assert "\n" not in said
    assert sandbox.counts()["temi job.submit"] == 1
    assert operator.launch("submit_media", **how, force=True).success
    assert operator.launch("submit_media", **how, window_hours=0).success
    assert sandbox.counts()["temi job.submit"] == 3


def test_a_partial_failure_fails_the_run_and_names_each(sandbox: Sandbox, operator: Operator, folder: Path) -> None:
    """A green run with one file missing is how recordings get lost; run again, only that one is sent."""
    (folder / "c.mp3").touch()
    urls = ["https://media.example.com/talk.mp3"]
    said = reason(operator.launch("submit_media", provider="temi", folder=str(folder), pattern="*.mp3", urls=urls))
    first, *missing = said.splitlines()
    assert first == "1 of 4 not accepted:"
    [line] = missing
    assert "c.mp3" in line
    assert "is empty" in line
    (folder / "c.mp3").write_bytes(b"sound of c.mp3")
    again = operator.launch("submit_media", provider="temi", folder=str(folder), pattern="*.mp3", urls=urls)
    assert again.success, "what was missing is there now"
    assert sandbox.counts()["temi job.submit"] == 4


@pytest.mark.parametrize(
    ("job", "config", "said"),
    [
        ("submit_media", {"provider": "sonix"}, "nothing to submit"),
        ("submit_media", {"provider": "sonix", "language": "english", "urls": ["https://a.example/b"]}, "did you mean"),
        ("submit_media", {"provider": "sonix", "language": "en", "urls": ["b.mp3"]}, "b.mp3 does not exist"),
        ("submit_media", {"provider": "temi", "urls": ["ftp://a.example/b"]}, "not an http or https URL"),
        ("submit_media", {"provider": "temi", "urls": ["https://a.b/" + "x" * 1013]}, "the limit is 1024"),
        ("submit_media", {"provider": "temi", "folder": "/no/such", "urls": []}, "/no/such is not a folder"),
        ("submit_media", {"provider": "temi", "urls": ["https://a.b/c"], "window_hours": -1}, "window_hours"),
        ("request_summary", {"media_id": "m", "prompt": " "}, "prompt is empty"),
        ("request_batch_summary", {"folder_id": "", "prompt": PROMPT}, "is not an id"),
        ("request_translation", {"media_id": "m", "language": " "}, "language is empty"),
    ],
)
def test_bad_input_is_told_in_one_line(
    sandbox: Sandbox, operator: Operator, job: str, config: dict[str, Any], said: str
) -> None:
    """A traceback does not tell an operator which field of the launchpad to correct."""
    if job == "submit_media" and config["provider"] == "sonix" and len(config) == 1:
        config = {**config, "language": "en"}
    why = reason(operator.launch(job, **config))
    assert said in why
    assert "\n" not in why
    assert sandbox.counts() == {}


@pytest.mark.parametrize(
    ("job", "config", "said"),
    [
        ("submit_media", {"provider": "rev"}, "root:ops:submit:config:provider"),
        ("submit_media", {"provider": "temi", "url": "https://a.b/c"}, 'unexpected config entry "url"'),
        ("request_summary", {"media_id": "m"}, 'Missing required config entry "prompt"'),
        ("request_translation", {"media_id": 7, "language": "es"}, "root:ops:translate:config:media_id"),
    ],
)
def test_config_of_the_wrong_shape_is_refused_before_a_run(
    operator: Operator, job: str, config: dict[str, Any], said: str
) -> None:
    """The launchpad marks such a field; a run that starts with it would be one too many."""
    with pytest.raises(dg.DagsterInvalidConfigError) as caught:
        operator.launch(job, **config)
    assert said.lower() in str(caught.value).lower()


def test_the_vendors_own_words_reach_the_operator(sandbox: Sandbox, operator: Operator, folder: Path) -> None:
    """Credit too low, a folder over 60 hours: exactly that."""
    sandbox.set_balance("0.00")
    said = reason(operator.launch("submit_media", provider="temi", folder=str(folder), pattern="*.mp3"))
    assert "You have only $0.00" in said
    assert "b.mp3: not tried" in said
    held = next(iter(sandbox.vendors.sonix.folders.values())).id
    for media in list(sandbox.vendors.sonix.media):
        sandbox.move(media.id, None)
    sandbox.add_sonix(n=2, minutes=31 * 60, folder_id=held)
    said = reason(operator.launch("request_batch_summary", folder_id=held, prompt=PROMPT))
    assert "Folder is too large for batch processing (>60 hours)" in said


def test_summary_and_translation(sandbox: Sandbox, operator: Operator) -> None:
    """What is asked for in the launchpad has to reach Sonix as it stands there, once."""
    [media_id] = sandbox.add_sonix(language="en")
    assert operator.launch("request_summary", media_id=media_id, prompt=PROMPT).success
    assert operator.launch("request_translation", media_id=media_id, language="es").success
    assert "accepted as" in reason(operator.launch("request_translation", media_id=media_id, language="es"))
    summary, translation = operator.rows()
    task = sandbox.vendors.sonix.tasks[summary["vendor_id"]]
    assert (task.owner_id, task.details["prompt"]) == (media_id, PROMPT)
    assert translation["vendor_id"] == f"{media_id}/es"
    assert sandbox.counts()["sonix translation.create"] == 1


def test_a_vendor_without_a_key_fails_the_run(sandbox: Sandbox, operator: Operator) -> None:
    """A sync may skip a vendor; a submission that is skipped in green is lost."""
    said = reason(operator.launch("submit_media", keys=False, provider="temi", urls=["https://a.b/c"]))
    assert said == "TemiResource.api_key is not set; nothing was sent"


def test_dagster_never_repeats_what_costs_money() -> None:
    """A retry policy or a schedule would spend money that nobody asked for by name."""
    from dagster_project.definitions import defs

    repository = defs.get_repository_def()
    started = {schedule.job_name for schedule in repository.schedule_defs}
    started |= {target.job_name for sensor in repository.sensor_defs for target in sensor.targets}
    assert "sync" in started
    for name in OPS:
        assert repository.has_job(name)
        assert name not in started
        job = repository.get_job(name)
        assert job.tags["dagster/max_retries"] == "0"
        [op] = job.all_node_defs
        assert isinstance(op, dg.OpDefinition)
        assert op.retry_policy is None


def test_the_launchpad_explains_every_field(operator: Operator) -> None:
    """The operator chooses by what stands beside a field: what it means, and what happens when it is left alone."""
    required = {
        "submit_media": {"provider"},
        "request_summary": {"media_id", "prompt"},
        "request_batch_summary": {"folder_id", "prompt"},
        "request_translation": {"media_id", "language"},
    }
    for job in map(operator.job, OPS):
        assert job.description
        assert "costs money" in job.description
        [op] = job.all_node_defs
        assert isinstance(op, dg.OpDefinition)
        fields = op.config_schema.config_type.fields  # type: ignore[union-attr]
        assert {name for name, field in fields.items() if field.is_required} == required[job.name]
        assert all(field.description for field in fields.values())
        assert fields["window_hours"].default_value == 24.0
        assert fields["force"].default_value is False


@pytest.mark.slow
def test_a_killed_run_started_again_pays_once(sandbox: Sandbox, settings: Settings, folder: Path) -> None:
    """The run worker dies between request and answer; the operator presses "re-execute"."""
    config = folder / "config.json"
    how = {"provider": "sonix", "folder": str(folder), "pattern": "*.mp3", "language": "en"}
    config.write_text(json.dumps({"ops": {"submit": {"config": how}}}))
    (folder / "dagster").mkdir()
    env = {
        **os.environ,
        **sandbox.env,
        "SONITEMI_HOME": settings.home,
        "DAGSTER_HOME": str(folder / "dagster"),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "dagster_project.definitions"]
    command += ["-j", "submit_media", "-c", str(config)]
    before = len(sandbox.vendors.sonix.media)
    sandbox.faults.fail_next("sonix media.submit", status=200, slow_s=3.0)
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not sandbox.counts().get("sonix media.submit"):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert len(sandbox.vendors.sonix.media) == before + 2
    assert sandbox.counts()["sonix media.submit"] == 2
    rows = Lake.from_settings(settings).read(VENDOR_REQUESTS).to_pylist()
    assert [row["status"] for row in rows] == ["accepted", "accepted"]
