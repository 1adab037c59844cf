"""A third vendor, defined in this folder alone, goes through everything the other two go through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A process of its own, so that nobody else meets Acme; one for all of it, because starting one takes seconds.
_JOURNEY = """
import json, os, sys
import tests.acme.vendor
from click.testing import CliRunner
from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS, hooks
from sonitemi_pipelines.watch.cursor import fresh
from sonitemi_pipelines.watch.look import IMPATIENT, look
from tests.acme.server import Acme

said = {}

def run(name, *arguments):
    ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code == 0, (name, ended.output, ended.exception)
    said[name] = ended.output

def recordings(name):
    run(name, "query", "--csv", "SELECT recording_id, status, vendor_status FROM recordings ORDER BY 1")

with Acme().running() as acme:
    os.environ.update(acme.env)
    acme.add("c1", ("Ann", "good morning this is ann"), ("Bob", "hello ann how are you"))
    acme.add("c2", ("Ann", "um the kettle is broken"), ("Bob", "oh no"))
    acme.add("c3", ("Bob", "not yet"), state="ringing")
    run("first", "sync")
    recordings("listed")
    run("counted", "query", "--csv", "SELECT sum(word_count) FROM turns UNION ALL SELECT count(*) FROM fillers")
    run("doctor", "doctor")
    run("report", "report", "acme", "c1", "--output", sys.argv[1])
    run("again", "sync")
    said["fetched"] = acme.asked["calls/words"]

    acme.calls["c3"]["state"] = "done"
    settings, vendor = Settings.from_env(), VENDORS["acme"]
    looker = vendor.looker(vendor.client(settings, **IMPATIENT))
    found = look(Lake.from_settings(settings), looker, fresh(0.0), utc_now())
    said["news"] = {id_: news.kind for id_, news in found.news.items()}
    said["told"] = next(hook for hook in hooks() if hook.provider == "acme").read(b'{"call": "c3"}').recording_id
    run("one", "sync", "--acme-id", "c3")

    run("forgotten", "forget", "acme", "c1", "--yes")
    run("after", "sync")
    recordings("left")
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each step said."""
    folder = tmp_path_factory.mktemp("acme")
    page = folder / "c1.html"
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "SONITEMI_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-c", _JOURNEY, str(page)], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**said, "page": page.read_text()}


def test_a_third_vendor_is_listed_fetched_computed_and_published(journey: dict[str, Any]) -> None:
    assert "acme_calls: 3 rows, 3 new" in journey["first"]
    assert "2 transcripts" in journey["first"]
    assert journey["listed"].splitlines()[1:] == ["c1,completed,done", "c2,completed,done", "c3,in_progress,ringing"]
    assert journey["counted"].split()[1:] == ["17", "1"]
    assert "acme: http" in journey["doctor"]
    assert "Call c1" in journey["page"]
    assert "0 transcripts" in journey["again"]
    assert journey["fetched"] == 2, "a second run fetches nothing"


def test_a_look_at_a_third_vendor_finds_what_completed_and_a_callback_tells_of_it(journey: dict[str, Any]) -> None:
    assert journey["news"] == {"c3": "completed"}
    assert journey["told"] == "c3"
    assert "1 transcripts" in journey["one"]


def test_what_is_forgotten_of_a_third_vendor_stays_away(journey: dict[str, Any]) -> None:
    assert "is forgotten here" in journey["forgotten"]
    assert journey["left"].splitlines()[1:] == ["c2,completed,done", "c3,completed,done"]


_DAGSTER = """
import os
import tests.acme.vendor
import dagster as dg
from sonitemi_pipelines.dagster import LakeResource, build_sonitemi_definitions
from sonitemi_pipelines.dagster.resources import VendorResource, _variables
from tests.acme.server import Acme

class AcmeResource(VendorResource):
    provider = "acme"
    variables = _variables("acme")

    def get_client(self, **options):
        return self._client(tests.acme.vendor.AcmeClient, **options)

with Acme().running() as acme:
    os.environ.update(acme.env)
    acme.add("c1", ("Ann", "good morning this is ann"), ("Bob", "hello ann how are you"))
    account = AcmeResource(api_key=dg.EnvVar("ACME_API_KEY"), base_url=acme.url)
    defs = build_sonitemi_definitions(lake=LakeResource(home=os.environ["SONITEMI_HOME"]), others=[account])
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    ran = defs.resolve_job_def("sync").execute_in_process(instance=dg.DagsterInstance.ephemeral())
    sensors = sorted(sensor.name for sensor in defs.sensors)
    print("acme_calls" in keys, ran.success, acme.asked["calls/words"], "acme_completion" in sensors)
"""


def test_a_third_vendor_has_assets_a_sensor_and_runs_in_dagster(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SONITEMI_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", _DAGSTER], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "True True 1 True"
