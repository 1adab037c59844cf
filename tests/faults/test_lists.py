"""Vendors that lie about their lists: every recording arrives, or the list is called incomplete; nothing is lost."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.lists import sync_media
from sonitemi_pipelines.vendors.temi.lists import sync_jobs

from .raw import RawServer, raw_server, whole

QUICK: dict[str, Any] = {"backoff": 0.01, "attempts": 2}
MEDIA = [f"m{number:03}" for number in range(230)]
JOBS = [f"j{number:03}" for number in range(130)]
Page = dict[str, Any]


def sonix(
    *,
    first: int = 1,
    echo: Callable[[int], Any] = lambda asked: asked,
    total: Callable[[int], Any] = lambda pages: pages,
    size: int = 100,
    change: Callable[[int, list[str]], list[str]] = lambda place, shown: shown,
    clamp: bool = False,
    items: list[str] = MEDIA,
) -> Callable[[dict[str, str]], Page]:
    """A list of Sonix's: `place` 0 is its first page, whatever number that has on the wire."""

    def answer(query: dict[str, str]) -> Page:
        asked = int(query.get("page", first))
        pages = -(-len(items) // size)
        place = min(asked - first, pages - 1) if clamp else asked - first
        shown = items[place * size : (place + 1) * size] if place >= 0 else items[:size]
        found: Page = {"media": [{"id": id_, "status": "completed"} for id_ in change(place, shown)]}
        for name, value in (("page", echo(asked)), ("total_pages", total(pages))):
            if value is not None:
                found[name] = value
        return found

    return answer


def nothing(_: int) -> None:
    return None


SONIX_LIES: dict[str, Callable[[dict[str, str]], Page]] = {
    "the truth": sonix(),
    "counts from 0": sonix(first=0),
    "counts from 0 and says no number": sonix(first=0, echo=nothing),
    "counts from 1 and says no number": sonix(echo=nothing),
    "says neither number nor total": sonix(echo=nothing, total=nothing),
    "counts from 0, says neither": sonix(first=0, echo=nothing, total=nothing),
    "always says page 1": sonix(echo=lambda _: 1),
    "always says page 0": sonix(echo=lambda _: 0),
    "counts from 0 and says one more": sonix(first=0, echo=lambda asked: asked + 1),
    "counts from 1 and says one less": sonix(echo=lambda asked: asked - 1),
    "says its number as text": sonix(echo=str),
    "says nonsense for its number": sonix(echo=lambda _: "seven"),
    "no pages": sonix(total=lambda _: 0),
    "one page": sonix(total=lambda _: 1),
    "minus one page": sonix(total=lambda _: -1),
    "one page too few": sonix(total=lambda pages: pages - 1),
    "one page too many": sonix(total=lambda pages: pages + 1),
    "a thousand pages": sonix(total=lambda _: 1000),
    "pages as text": sonix(total=lambda _: "1"),
    "pages as nonsense": sonix(total=lambda _: [3]),
    "pages beyond all bounds": sonix(total=lambda _: 10**30),
    "an empty page in the middle": sonix(change=lambda place, shown: [] if place == 1 else shown),
    "an empty head": sonix(change=lambda place, shown: [] if place == 0 else shown),
    "short pages": sonix(size=7),
    "one row a page": sonix(size=1, items=MEDIA[:20]),
    "rows twice": sonix(change=lambda _, shown: [*shown, *shown]),
    "a page of the one before": sonix(change=lambda place, shown: MEDIA[:100] if place == 1 else shown),
    "always its head": sonix(change=lambda _, shown: MEDIA[:100]),
    "always its head, no totals": sonix(change=lambda _, shown: MEDIA[:100], total=nothing, echo=nothing),
    "its last page for ever": sonix(clamp=True),
    "its last page for ever, no totals": sonix(clamp=True, total=nothing, echo=nothing),
    "rows that move down": sonix(change=lambda place, shown: MEDIA[max(0, place * 95) : place * 95 + 100]),
    "a null row and a text": sonix(change=lambda _, shown: [*shown[:5], None, "x", *shown[5:]]),  # type: ignore[list-item]
}


def temi(
    *,
    cap: int = 100,
    after: Callable[[int], int] = lambda place: place + 1,
    change: Callable[[int, list[str]], list[str]] = lambda place, shown: shown,
) -> Callable[[dict[str, str]], Any]:
    """A list of Temi's; `place` is where the page starts."""

    def answer(query: dict[str, str]) -> Any:
        cursor = query.get("starting_after")
        place = 0 if cursor is None else after(JOBS.index(cursor))
        shown = JOBS[place : place + min(cap, int(query["limit"]))]
        return [{"id": id_, "status": "failed"} for id_ in change(place, shown)]

    return answer


TEMI_LIES: dict[str, Callable[[dict[str, str]], Any]] = {
    "the truth": temi(),
    "caps limit at 50": temi(cap=50),
    "caps limit at 10": temi(cap=10),
    "one row a page": temi(cap=1),
    "short pages now and then": temi(change=lambda place, shown: shown[: 3 if place % 2 else 100]),
    "starts with the job it goes on from": temi(after=lambda place: place),
    "starts three before it": temi(after=lambda place: max(0, place - 3)),
    "ignores where to go on": temi(after=lambda place: 0),
    "ignores it and caps": temi(after=lambda place: 0, cap=50),
    "rows twice": temi(change=lambda _, shown: [*shown, *shown]),
    "always its head": temi(change=lambda _, shown: JOBS[:100]),
    "a null row and a text": temi(change=lambda _, shown: [*shown[:5], None, "x", *shown[5:]]),  # type: ignore[list-item]
}


def served(lie: Callable[[dict[str, str]], Any]) -> Callable[[socket.socket, bytes], None]:
    """The lie as the list, and the truth for whoever asks for one recording."""

    def answer(connection: socket.socket, head: bytes) -> None:
        parts = urlsplit(head.split()[1].decode())
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = parts.path.rpartition("/")[2]
        body: Any = lie(query) if name in ("media", "jobs") else {"id": name, "status": "completed"}
        if isinstance(body, dict) and "media" in body:
            body["media"] = [_odd(row) for row in body["media"]]
        if isinstance(body, list):
            body = [_odd(row) for row in body]
        connection.sendall(whole(json.dumps(body).encode()))

    return answer


def _odd(row: dict[str, Any]) -> Any:
    return row["id"] if row["id"] in (None, "x") else row


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server(served(SONIX_LIES["the truth"])) as running:
        yield running


@pytest.fixture(scope="module")
def lakes(server: RawServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lake]:
    """A lake that knows the whole account of each vendor."""
    lake = Lake.from_settings(Settings.from_env({"SONITEMI_HOME": str(tmp_path_factory.mktemp("home"))}))
    server.answer = served(SONIX_LIES["the truth"])
    assert sync_media(lake, SonixClient("key", server.url, **QUICK), Scope(), in_flight=4).rows == len(MEDIA)
    server.answer = served(TEMI_LIES["the truth"])
    assert sync_jobs(lake, TemiClient("key", server.url, **QUICK), Scope(), in_flight=4).rows == len(JOBS)
    return {"sonix": lake, "temi": lake}


@pytest.mark.parametrize("name", SONIX_LIES)
def test_no_media_is_lost_by_a_lie(server: RawServer, name: str) -> None:
    """Totals of 0, 1, -1 or one too few lost every page behind, with exit code 0."""
    server.answer = served(SONIX_LIES[name])
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
    server.answer = served(TEMI_LIES[name])
    server.heads.clear()
    listing = TemiClient("key", server.url, **QUICK).jobs.list()
    found = [job.id for job in listing]
    assert len(found) == len(set(found))
    assert set(found) == set(JOBS) or (not listing.complete and listing.why)
    if name in ("the truth", "caps limit at 50", "short pages now and then"):
        assert listing.complete
    if name == "the truth":
        assert len(server.heads) == 3


@pytest.mark.parametrize(("vendor", "name"), [*(("sonix", n) for n in SONIX_LIES), *(("temi", n) for n in TEMI_LIES)])
def test_no_lie_marks_anything_as_gone(server: RawServer, lakes: dict[str, Lake], vendor: str, name: str) -> None:
    """What is marked as gone disappears from every question an analyst asks."""
    server.answer = served((SONIX_LIES if vendor == "sonix" else TEMI_LIES)[name])
    if vendor == "sonix":
        change = sync_media(lakes[vendor], SonixClient("key", server.url, **QUICK), Scope(), in_flight=4)
    else:
        change = sync_jobs(lakes[vendor], TemiClient("key", server.url, **QUICK), Scope(), in_flight=4)
    assert change.deleted == 0
    assert change.rows == len(MEDIA if vendor == "sonix" else JOBS)
    table = TABLES["sonix_media" if vendor == "sonix" else "temi_jobs"]
    assert lakes[vendor].read(table, ["deleted_at"])["deleted_at"].null_count == change.rows
