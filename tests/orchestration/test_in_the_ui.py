"""Dagster as people see it, in a real browser: its pages after a run, and trouble from the check to the notice.

With SONITEMI_PICTURES set, the pictures of the documentation are kept (`make docs-pictures`).
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.conftest import DagsterDev, Listener, listening, running_dagster
from tests.report.browser import Page, chromium, find_chromium

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]

DAGSTERS_OWN = ("go.apollo.dev", "WebSocket is closed before the connection is established", "GPU stall")
"""What Dagster's own pages write to the console, with any definitions."""

_STORY = "levels=info%7Cwarning%7Cerror"
_TICKS = """
query ($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) { ... on Sensor {
  sensorState { ticks(limit: 20) { status skipReason } } } } }
"""


@dataclass
class Scene:
    sandbox: Sandbox
    listener: Listener
    dev: DagsterDev
    page: Page

    def open(self, path: str, *texts: str) -> None:
        """Open one of Dagster's pages and wait until all of it is there."""
        self.page.open(self.dev.url + path)
        self.page.see(*texts)
        time.sleep(2)

    def run(self, ends: str) -> str:
        """A run over everything that ends so; its id."""
        run_id = self.dev.launch("sync")
        assert self.dev.wait(run_id) == ends
        return run_id

    def told(self, number: int, seconds: float = 200) -> list[tuple[str, str]]:
        """What the listener was told since the last time, once it is so much."""
        deadline = time.monotonic() + seconds
        while len(self.listener.told) < number:
            assert time.monotonic() < deadline, f"{number} notices expected, told were {self.listener.told}"
            time.sleep(0.5)
        return sorted(self.listener.new())

    def ticks(self) -> list[dict[str, Any]]:
        found = self.dev.ask(_TICKS, selector=self.sensor)["sensorOrError"]["sensorState"]["ticks"]
        return list(found)

    @property
    def sensor(self) -> dict[str, str]:
        return {"repositoryLocationName": "sonitemi", "repositoryName": "__repository__", "sensorName": "notices"}


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """`dagster dev` on a small account, with somebody listening; sensors are off until a test starts one."""
    executable = find_chromium()
    with ExitStack() as stack:
        # The folder's name is to be read in pictures.
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sonitemi-", ignore_cleanup_errors=True)))
        sandbox = stack.enter_context(Sandbox(seed=1, sonix=0, temi=0, quirks=False, minutes=(0.5, 2)).running())
        now = dt.datetime.now(dt.UTC)
        for days in range(12):
            sandbox.add_sonix(2, at=now - dt.timedelta(days=2 * days, hours=1))
            sandbox.add_temi(1, at=now - dt.timedelta(days=2 * days, hours=2))
        listener = stack.enter_context(listening())
        env = {
            **sandbox.env,
            "SONITEMI_AUTOMATION": "off",
            "SONITEMI_NOTIFY_URL": listener.url,
            "SONITEMI_CALL_SECONDS": "4",
        }
        dev = stack.enter_context(running_dagster(home, **env))
        page = stack.enter_context(chromium(executable))
        page.size(1440, 760)
        page.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
        page.call("Emulation.setScrollbarsHidden", hidden=True)
        yield Scene(sandbox, listener, dev, page)


def test_graph_run_asset_and_launchpad_tell_a_person_what_they_need(scene: Scene, pictures: Path) -> None:
    """Whoever opens Dagster for the first time decides by these pages whether the project is any good."""
    run_id = scene.run("SUCCESS")
    page = scene.page
    groups = ("sonix", "temi", "transcripts", "summaries", "marts", "requests", "warehouse")
    scene.open("/asset-groups", *groups, "Materialize all")
    page.wait_for("document.querySelectorAll('svg path').length > 10")
    time.sleep(2)
    page.picture(pictures / "graph.png", clip=(541, 235, 899, 325))

    scene.open(f"/runs/{run_id}?{_STORY}", "Success", "complete after", " checks")
    page.see("Sonix: 24 transcripts to fetch", "Temi: 12 transcripts with", "marts: 36 transcripts computed")
    page.see("published as")
    page.picture(pictures / "run.png")

    scene.open("/assets/speaker_stats?view=overview", "One row per transcript variant and speaker", "Row count")
    page.see("DuckDB", "Delta Lake", "SQL", "Sonix media id or Temi job id")
    page.picture(pictures / "asset.png")

    scene.open("/locations/sonitemi/jobs/sync/playground", "Launch Run", "No errors")
    page.see("reread_days", "refetch", "since", "until", "sonix_ids", "temi_ids", "sonix_translations")
    page.picture(pictures / "launchpad.png")
    assert [line for line in page.complaints if not any(own in line for own in DAGSTERS_OWN)] == []


def test_each_trouble_is_told_once_and_its_end_once(scene: Scene, pictures: Path) -> None:
    """Silence and a message an hour are equally bad: nobody acts on either."""
    sandbox, page = scene.sandbox, scene.page
    scene.run("SUCCESS")
    scene.dev.ask(
        "mutation ($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename } }",
        selector=scene.sensor,
    )
    # A vendor down, a proxy that answers 500 for some transcripts, a recording that never ends: all at once, and for
    # several runs.
    missing = sandbox.add_temi(2)
    for job in missing:
        sandbox.faults.fail_next("temi transcript.get", id=job, status=500, html=True, times=None)
    [stuck] = sandbox.add_temi(status="in_progress", at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    sandbox.faults.fail_next("sonix *", drop_connection=True, times=None)
    failed = scene.run("FAILURE")
    arrived, answered, stuck_told = sorted(scene.told(3), key=lambda told: told[1])
    assert [kind for kind, _ in (arrived, answered, stuck_told)] == ["check_failed"] * 3
    assert arrived[1].startswith("all_transcripts_arrived of transcripts failed: ")
    assert all(job in arrived[1] for job in missing)
    assert answered[1].startswith("everything_answered of sonix_media failed: ")
    assert stuck_told[1].startswith(f"nothing_stuck of backlog failed: temi {stuck}: in_progress, 72 h for vendor")

    scene.open(f"/runs/{failed}?{_STORY}", "Failure")
    page.see(missing[0], missing[1], "Sonix was not read to the end", "0 transcripts with 0 words arrived, 2 failed")
    page.picture(pictures / "failed_run.png")
    scene.open("/assets/transcripts?view=checks", "all_transcripts_arrived", "Failed", "missing")
    page.picture(pictures / "check.png")
    scene.run("FAILURE")

    sandbox.faults.clear()
    sandbox.complete(stuck)
    scene.run("SUCCESS")
    assert sorted(scene.told(3)) == [
        ("check_failed_recovered", "all_transcripts_arrived of transcripts passes again"),
        ("check_failed_recovered", "everything_answered of sonix_media passes again"),
        ("check_failed_recovered", "nothing_stuck of backlog passes again"),
    ]
    # A key that is no longer right: the vendor's own answer, until somebody gives back the old one.
    key, sandbox.keys["sonix"] = sandbox.keys["sonix"], "another-key"
    scene.run("FAILURE")
    arrived, answered = sorted(scene.told(2), key=lambda told: told[1])
    assert arrived[1].startswith("all_transcripts_arrived of transcripts failed: ")
    assert answered[1].startswith("everything_answered of sonix_media failed: ")
    assert all(kind == "check_failed" and "check the API key" in text for kind, text in (arrived, answered))
    sandbox.keys["sonix"] = key
    scene.run("SUCCESS")
    assert sorted(scene.told(2)) == [
        ("check_failed_recovered", "all_transcripts_arrived of transcripts passes again"),
        ("check_failed_recovered", "everything_answered of sonix_media passes again"),
    ]

    scene.open("/locations/sonitemi/sensors/notices", "Tells of failing checks", "~30 sec", "0 runs requested")
    page.picture(pictures / "notices.png")
    reasons = [tick["skipReason"] for tick in scene.ticks()]
    assert "3 wrong; 3 new, 6 messages sent to 2 channels" in reasons
    assert "2 wrong; 2 new, 4 messages sent to 2 channels" in reasons
    assert scene.listener.told == []
    assert [line for line in page.complaints if not any(own in line for own in DAGSTERS_OWN)] == []
