"""Vendors that lie about their lists: every recording arrives, or the list is called incomplete; nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import AccountError
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.lists import ListChange
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.lists import sync_media
from sonitemi_pipelines.vendors.sonix.poll import SonixLooker
from sonitemi_pipelines.vendors.temi.lists import sync_jobs
from sonitemi_pipelines.vendors.temi.poll import TemiLooker
from sonitemi_pipelines.watch.cursor import fresh
from sonitemi_pipelines.watch.decide import Request, decide
from sonitemi_pipelines.watch.look import look
from sonitemi_pipelines.watch.looker import Looker
from sonitemi_pipelines.watch.news import Findings

from .lies import LIES, SONIX_LIES, TEMI_LIES, served
from .raw import RawServer, raw_server

QUICK: dict[str, Any] = {"backoff": 0.01, "attempts": 2}
MEDIA = [f"m{number:03}" for number in range(230)]
JOBS = [f"j{number:03}" for number in range(130)]
ITEMS = {"sonix": MEDIA, "temi": JOBS}
TABLE = {"sonix": "sonix_media", "temi": "temi_jobs"}
CELLS = [(vendor, name) for vendor, lies in LIES.items() for name in lies]

SHARE = [
    pytest.param(*cell, marks=() if number % 4 == 0 else pytest.mark.slow)
    for number, cell in enumerate(cell for cell in CELLS if cell != ("temi", "an empty head"))
]
ONLY_20 = ("sonix", "one row a page")
NOTHING_TOLD = ("temi", "an empty head")
"""What an emptied account answers too."""


def ended(_: str) -> str:
    """No transcript to fetch, so that all a look can find is what the list tells."""
    return "failed"


def synced(vendor: str, lake: Lake, server: RawServer) -> ListChange:
    if vendor == "sonix":
        return sync_media(lake, SonixClient("key", server.url, **QUICK), Scope(), in_flight=4)
    return sync_jobs(lake, TemiClient("key", server.url, **QUICK), Scope(), in_flight=4)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server(served(SONIX_LIES["the truth"], MEDIA, ended)) as running:
        yield running


@pytest.fixture(scope="module")
def lakes(server: RawServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lake]:
    """A lake that knows the whole account of each vendor."""
    lake = Lake.from_settings(Settings.from_env({"SONITEMI_HOME": str(tmp_path_factory.mktemp("home"))}))
    server.answer = served(SONIX_LIES["the truth"], MEDIA, ended)
    assert synced("sonix", lake, server).rows == len(MEDIA)
    server.answer = served(TEMI_LIES["the truth"], JOBS, ended)
    assert synced("temi", lake, server).rows == len(JOBS)
    return {"sonix": lake, "temi": lake}


@pytest.mark.parametrize("name", SONIX_LIES)
def test_no_media_is_lost_by_a_lie(server: RawServer, name: str) -> None:
    """Totals of 0, 1, -1 or one too few lost every page behind, with exit code 0."""
    server.answer = served(SONIX_LIES[name], MEDIA, ended)
    server.heads.clear()
    listing = SonixClient("key", server.url, **QUICK).media.list()
    found = [media.id for media in listing]
    expected = MEDIA[:20] if name == "one row a page" else MEDIA
    assert len(found) == len(set(found))
    assert set(found) == set(expected) or (not listing.complete and listing.why)
    if name in ("the truth", "counts from 0", "short pages", "one page too few", "no pages", "pages as text"):
        assert listing.complete
        pages = -(-len(expected) // (7 if name == "short pages" else 100))
        assert len(server.heads) <= pages + 1


@pytest.mark.parametrize("name", TEMI_LIES)
def test_no_job_is_lost_by_a_lie(server: RawServer, name: str) -> None:
    """A vendor that capped the size of its pages ended the list with the first."""
    server.answer = served(TEMI_LIES[name], JOBS, ended)
    server.heads.clear()
    listing = TemiClient("key", server.url, **QUICK).jobs.list()
    found = [job.id for job in listing]
    assert len(found) == len(set(found))
    if ("temi", name) == NOTHING_TOLD:
        assert found == []
        return
    assert set(found) == set(JOBS) or (not listing.complete and listing.why)
    if name in ("the truth", "caps limit at 50", "short pages now and then"):
        assert listing.complete
    if name == "the truth":
        assert len(server.heads) == 3


@pytest.mark.parametrize(("vendor", "name"), CELLS)
def test_no_lie_marks_anything_as_gone(server: RawServer, lakes: dict[str, Lake], vendor: str, name: str) -> None:
    """What is marked as gone disappears from every question an analyst asks."""
    server.answer = served(LIES[vendor][name], ITEMS[vendor], ended)
    if (vendor, name) == NOTHING_TOLD:
        with pytest.raises(AccountError, match="another account's, or an emptied one"):
            synced(vendor, lakes[vendor], server)
        return
    change = synced(vendor, lakes[vendor], server)
    assert change.deleted == 0
    assert change.rows == len(ITEMS[vendor])
    table = TABLES[TABLE[vendor]]
    assert lakes[vendor].read(table, ["deleted_at"])["deleted_at"].null_count == change.rows


@pytest.mark.parametrize(("vendor", "name"), SHARE)
def test_every_recording_arrives_or_the_list_is_called_incomplete(
    server: RawServer, home: Path, settings: Settings, vendor: str, name: str
) -> None:
    """What is said here makes the exit code 1."""
    server.answer = served(LIES[vendor][name], ITEMS[vendor], ended)
    change = synced(vendor, Lake.from_settings(settings), server)
    size = 20 if (vendor, name) == ONLY_20 else len(ITEMS[vendor])
    assert change.rows == size or any("incomplete" in problem for problem in change.problems), change


def known_and_due(items: list[str]) -> tuple[list[str], list[str]]:
    """Of all there is, what a lake knows, and what ended since: new ones at the head, and some that were open."""
    return items[4:], [*items[:4], items[10], items[len(items) // 2], items[-1]]


@pytest.fixture(scope="module")
def behind(server: RawServer, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Lake]:
    """Lakes that are behind by a few completions, by vendor and the size of its account."""
    made: dict[tuple[str, int], Lake] = {}
    for vendor, size in (("sonix", len(MEDIA)), ("sonix", 20), ("temi", len(JOBS))):
        known, due = known_and_due(ITEMS[vendor][:size])
        lake = Lake.from_settings(Settings.from_env({"SONITEMI_HOME": str(tmp_path_factory.mktemp("behind"))}))
        working = {"sonix": "transcribing", "temi": "in_progress"}[vendor]
        truth = LIES[vendor]["the truth"]
        server.answer = served(truth, known, lambda id_, w=working, d=due: w if id_ in d else ended(id_))  # type: ignore[misc]
        synced(vendor, lake, server)
        made[vendor, size] = lake
    return made


def watched(vendor: str, lake: Lake, server: RawServer, ticks: int = 4) -> tuple[Findings, set[str], bool]:
    """What the last of some ticks found, the recordings that they asked for, and whether one asked for all of them."""
    looker: Looker = (
        SonixLooker(SonixClient("key", server.url, **QUICK))
        if vendor == "sonix"
        else TemiLooker(TemiClient("key", server.url, **QUICK))
    )
    now = utc_now()
    seconds = now.replace(tzinfo=dt.UTC).timestamp()
    cursor = fresh(seconds)
    ids: set[str] = set()
    full = False
    for _ in range(ticks):
        findings = look(lake, looker, cursor, now)
        # The full run that every new sensor owes has been.
        asked = decide(vendor, "test", findings, cursor, now=seconds, last_full_run=seconds + 1)
        if isinstance(asked, Request):
            ids |= set(asked.ids)
            full |= asked.full
    return findings, ids, full


@pytest.mark.parametrize(("vendor", "name"), [*SHARE, NOTHING_TOLD])
def test_no_lie_hides_a_completion_from_a_sensor(
    server: RawServer, behind: dict[tuple[str, int], Lake], vendor: str, name: str
) -> None:
    """A sensor that says 'nothing new' while it was lied to leaves a transcript to whoever asks for a full run."""
    size = 20 if (vendor, name) == ONLY_20 else len(ITEMS[vendor])
    items = ITEMS[vendor][:size]
    _, due = known_and_due(items)
    server.answer = served(
        LIES[vendor][name],
        items,
        lambda id_: {"sonix": "completed", "temi": "transcribed"}[vendor] if id_ in due else ended(id_),
    )
    findings, ids, full = watched(vendor, behind[vendor, size], server)
    assert full or set(due) <= ids, sorted(set(due) - ids)
    assert "gone" not in {news.kind for news in findings.news.values()}
    if name == "the truth":
        assert (full, ids) == (False, set(due))
