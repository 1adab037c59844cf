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
import json, os, threading, time
import requests
import tests.acme.vendor
import dagster as dg
from dagster.components.core.component_tree import ComponentTree
from sonitemi_pipelines.dagster import SonitemiComponent
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import hooks
from sonitemi_pipelines.warehouse import open_warehouse
from sonitemi_pipelines.webhooks import serve
from tests.acme.server import Acme
from tests.orchestration.conftest import free_port
from tests.orchestration.deployed import Deployed, Evaluator, made_in, scope_of

home, said = os.environ["SONITEMI_HOME"], {}

class Deployment(Deployed):
    def __init__(self, defs):
        self.defs = defs

def listed():
    with open_warehouse(Settings.from_env().warehouse) as warehouse:
        rows = warehouse.sql("SELECT recording_id, sum(word_count) FROM turns GROUP BY ALL ORDER BY ALL").fetchall()
    return [[id_, int(words)] for id_, words in rows]

with Acme().running() as acme, dg.DagsterInstance.ephemeral() as instance:
    os.environ.update(acme.env)
    acme.add("c1", ("Ann", "good morning this is ann"), ("Bob", "hello ann how are you"))
    acme.add("c2", ("Bob", "not yet"), state="ringing")
    account = {"api_key": "{{ env.ACME_API_KEY }}", "base_url": acme.url}
    attributes = {"acme": account, "lake": {"home": home}, "key_prefix": []}
    component = SonitemiComponent.from_attributes_dict(attributes=attributes)
    deployment = Deployment(component.build_defs(ComponentTree.for_test().load_context))
    repository = deployment.defs.get_repository_def()
    said["assets"] = sorted(key.to_user_string() for key in repository.asset_graph.get_all_asset_keys())
    said["jobs"] = sorted(repository.job_names)
    said["sensors"] = sorted(found.name for found in deployment.defs.sensors)

    completion = Evaluator("acme_completion", instance, deployment)
    [everything], _ = completion.tick()
    said["first"] = [scope_of(everything), deployment.execute(everything, instance).success, listed()]
    said["quiet"] = completion.tick()[1]
    acme.calls["c2"]["state"] = "done"
    [one], _ = completion.tick()
    result = deployment.execute(one, instance)
    said["completed"] = [scope_of(one), one.tags["sonitemi/news"], result.success, listed()]
    said["made"] = sorted(made_in(result))

    inbox, port = Evaluator("webhook_inbox", instance, deployment), free_port()
    os.environ["SONITEMI_WEBHOOK_URL_SECRET"] = secret = "secret-of-the-acme-tests"
    receiver = lambda: serve(Settings.from_env().webhooks, hooks(), port=port)
    threading.Thread(target=receiver, daemon=True).start()
    acme.add("c3", ("Ann", "one more"))
    for _ in range(100):
        try:
            answer = requests.post(f"http://127.0.0.1:{port}/acme/callback/{secret}", data=b'{"call": "c3"}', timeout=5)
            break
        except requests.ConnectionError:
            time.sleep(0.1)
    [told], _ = inbox.tick()
    done = deployment.execute(told, instance).success
    said["told"] = [answer.status_code, scope_of(told), done, listed()]
    said["settled"] = inbox.tick()[1]
    said["fetched"] = acme.asked["calls/words"]
print(json.dumps(said))
"""


@pytest.mark.slow
def test_a_third_vendor_has_assets_sensors_and_callbacks_in_dagster(tmp_path: Path) -> None:
    """By its name in a component: a tick finds what completed, a run fetches that and no more, a callback is sooner."""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SONITEMI_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", _DAGSTER], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert {"acme_calls", "transcripts", "words", "recordings", "speaker_stats", "warehouse"} <= set(said["assets"])
    assert {"sync", "reconcile", "maintain"} <= set(said["jobs"])
    assert {"acme_completion", "webhook_inbox"} <= set(said["sensors"])
    assert said["first"] == [{}, True, [["c1", 10]]]
    assert said["quiet"].endswith("nothing new; 1 calls")
    assert said["completed"] == [{"acme_ids": ["c2"]}, "1 completed", True, [["c1", 10], ["c2", 2]]]
    assert {"transcripts", "words", "recordings", "warehouse"} <= set(said["made"])
    assert said["told"] == [200, {"acme_ids": ["c3"]}, True, [["c1", 10], ["c2", 2], ["c3", 2]]]
    assert said["settled"] == "1 events done"
    assert said["fetched"] == 3, "nothing is fetched twice"
