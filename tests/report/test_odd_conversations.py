"""Transcripts that are hostile, empty, untimed or twelve hours long still give a page that reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.report import load_conversation, render_page
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse
from tests.report.markup import Markup

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{ 7 * 7 }}\u202e\x00]]>"


def segment(speaker: str | None, start: float | None, end: float | None, text: str) -> dict[str, Any]:
    words = [{"text": word, "start_time": start, "end_time": end} for word in text.split()]
    return {"speaker": speaker, "start_time": start, "end_time": end, "text": text, "words": words}


CONVERSATIONS: dict[str, list[dict[str, Any]]] = {
    "hostile": [segment(HOSTILE, 0, 4, HOSTILE), segment("Ann", 3, 9, "yes " + HOSTILE), segment(HOSTILE, 9, 12, "so")],
    "empty": [],
    "one speaker": [segment("Ann", 0, 30, "only me and nobody else in this room")],
    "no speaker": [segment(None, 0, 5, "who said this"), segment("", 6, 9, "and this")],
    "untimed": [segment("Ann", None, None, "no times here"), segment("Ben", None, None, "none at all")],
    "one moment": [segment("Ann", 1, 1, "now")],
    "twelve hours": [segment(f"Speaker {i % 20}", i * 12, i * 12 + 11.5, "and so it goes") for i in range(3600)],
}


@pytest.fixture(scope="module")
def markups(pages: dict[str, str]) -> dict[str, Markup]:
    return {what: Markup(page) for what, page in pages.items()}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home: Path = tmp_path_factory.mktemp("odd")
    with Sandbox(seed=3, sonix=0, temi=0).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        ids = dict(zip(CONVERSATIONS, sandbox.add_sonix(len(CONVERSATIONS), minutes=1), strict=True))
        for what, segments in CONVERSATIONS.items():
            sandbox.set_transcript("sonix", ids[what], {"name": what, "transcript": segments})
        sandbox.rename(ids["hostile"], HOSTILE)
        assert run_sync(settings).complete
    with open_warehouse(settings.warehouse) as connection:
        return {what: render_page(load_conversation(connection, "sonix", ids[what])) for what in ids}


@pytest.mark.parametrize("what", CONVERSATIONS)
def test_the_page_is_whole(markups: dict[str, Markup], what: str) -> None:
    """Whatever was said, the page must not break off, fetch something or link nowhere."""
    markup = markups[what]
    assert (markup.unclosed, markup.misnested, markup.loads, markup.handlers) == ([], [], [], [])
    assert len(markup.ids) == len(set(markup.ids))
    assert {link[1:] for link in markup.links if link.startswith("#")} <= set(markup.ids)
    assert "nan" not in markup.text.split("Transcript")[0].lower().split()
    assert "None" not in markup.text


def test_hostile_text_is_only_text(markups: dict[str, Markup]) -> None:
    """A speaker's name or a spoken word must not run as script in the browser of who reads the report."""
    markup = markups["hostile"]
    assert markup.elements["script"] == 1
    assert markup.elements["img"] == 0
    assert "<script>alert(1)</script>" in markup.text
    assert "{{ 7 * 7 }}" in markup.text


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("empty", ["The transcript is empty", "Nobody speaks", "there is no timeline", "the transcript holds no word"]),
        ("untimed", ["there is no timeline", "No minute has enough timed speech", "words have no time", "none at all"]),
        ("no speaker", ["Unknown speaker", "who said this"]),
        ("one speaker", ["100%", "Nobody takes the floor", "only me and nobody else"]),
    ],
)
def test_what_is_missing_is_said(markups: dict[str, Markup], what: str, says: list[str]) -> None:
    """An empty space where a chart should be looks like a fault of the page."""
    text = markups[what].text
    for part in says:
        assert part in text


def test_twelve_hours_fit(pages: dict[str, str], markups: dict[str, Markup]) -> None:
    """A day's recording gets half-hour strips, every turn is there, and a browser can still hold the page."""
    markup = markups["twelve hours"]
    assert sum(name[0] == "c" and name[1:].isdigit() for name in markup.ids) == 3600
    assert "11:30:00" in markup.text
    assert "13 others" in markup.text
    assert len(pages["twelve hours"]) < 5_000_000
