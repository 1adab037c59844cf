"""What Dagster shows of a mart after a run."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import load_marts
from sonitemi_pipelines.report.preview import ROWS, WITHHELD, chart_of, first_rows, newest_conversation
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse


def test_previews_are_small_and_hold_no_names_or_words(synced: Settings) -> None:
    """The event log keeps previews when `sonitemi forget` erases a recording: who spoke and what may not be in it."""
    lake = Lake.from_settings(synced)
    with open_warehouse(synced.warehouse) as connection:
        speakers = {name for (name,) in connection.execute("SELECT DISTINCT speaker FROM speaker_stats").fetchall()}
        terms = {term for (term,) in connection.execute("SELECT DISTINCT term FROM terms").fetchall()}
    seen = 0
    for mart in load_marts().values():
        rows = first_rows(lake, mart.table)
        assert len(rows) <= ROWS
        assert len(json.dumps(rows)) < 6_000
        for row in rows:
            seen += WITHHELD in row.values()
            for name, value in row.items():
                if name not in ("provider", "variant", "kind", "status", "vendor_status", "language", "reasons"):
                    assert value not in speakers - {None}, (mart.name, name)
                    assert value not in terms, (mart.name, name)
    assert seen, "no mart with names or words was previewed"


def test_a_process_that_previewed_ends_cleanly(synced: Settings) -> None:
    """A run whose process crashes or hangs after its work is done counts as failed."""
    program = (
        "import sys\n"
        "import sonitemi_pipelines.vendors\n"
        "from sonitemi_pipelines.lake.store import Lake\n"
        "from sonitemi_pipelines.marts import load_marts\n"
        "from sonitemi_pipelines.report.preview import first_rows\n"
        "lake = Lake(sys.argv[1])\n"
        "print(sum(bool(first_rows(lake, mart.table)) for mart in load_marts().values()))\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program, Lake.from_settings(synced).url], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) > 10


def test_charts_are_images_of_the_newest_conversation(synced: Settings) -> None:
    """An operator sees at a glance whether what just arrived has speakers and times."""
    lake = Lake.from_settings(synced)
    newest = newest_conversation(lake)
    assert newest is not None
    for mart in ("conversation_stats", "speech_rate_timeline"):
        chart = chart_of(lake, mart, newest)
        assert chart is not None
        assert newest.recording_id in chart
        assert len(chart) < 16_000
        encoded = chart.split("base64,")[1].split(")")[0]
        assert ElementTree.fromstring(base64.b64decode(encoded)).find("{http://www.w3.org/2000/svg}path") is not None
    assert chart_of(lake, "spend", newest) is None


def test_nothing_yet_is_no_error(home: Path) -> None:
    """The first run of all has no conversation to draw."""
    lake = Lake(str(home))
    assert newest_conversation(lake) is None
    assert first_rows(lake, load_marts()["terms"].table) == []
    assert chart_of(lake, "conversation_stats", None) is None
