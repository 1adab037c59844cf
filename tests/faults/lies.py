"""Ways in which a vendor's list can lie, for the sync and for the sensors alike."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .raw import Answer, whole

Ids = list[Any]
"""Of recordings, newest first. None and 'x' stand for rows that are null and a text."""
Told = Callable[[dict[str, str]], Any]
"""From the query of a request to the body of its answer, with ids in the place of rows."""
Lie = Callable[[Ids], Told]
Change = Callable[[int, Ids, Ids], Ids]
"""From the place of a page, what belongs on it, and everything there is, to what is shown."""

NO_ROWS = (None, "x")


def _as_is(place: int, shown: Ids, items: Ids) -> Ids:
    return shown


def _nothing(_: int) -> None:
    return None


def sonix(
    *,
    first: int = 1,
    echo: Callable[[int], Any] = lambda asked: asked,
    total: Callable[[int], Any] = lambda pages: pages,
    size: int = 100,
    change: Change = _as_is,
    clamp: bool = False,
    most: int = 1000,
) -> Lie:
    """A list of Sonix's: `place` 0 is its first page, whatever number that has on the wire."""

    def of(items: Ids) -> Told:
        items = items[:most]

        def told(query: dict[str, str]) -> Any:
            asked = int(query.get("page", first))
            pages = -(-len(items) // size)
            place = min(asked - first, pages - 1) if clamp else asked - first
            shown = items[place * size : (place + 1) * size] if place >= 0 else items[:size]
            found: dict[str, Any] = {"media": change(place, shown, items)}
            for name, value in (("page", echo(asked)), ("total_pages", total(pages))):
                if value is not None:
                    found[name] = value
            return found

        return told

    return of


def temi(*, cap: int = 100, after: Callable[[int], int] = lambda place: place + 1, change: Change = _as_is) -> Lie:
    """A list of Temi's; `place` is where the page starts."""

    def of(items: Ids) -> Told:
        def told(query: dict[str, str]) -> Any:
            cursor = query.get("starting_after")
            place = 0 if cursor is None else after(items.index(cursor))
            return change(place, items[place : place + min(cap, int(query["limit"]))], items)

        return told

    return of


SONIX_LIES: dict[str, Lie] = {
    "the truth": sonix(),
    "counts from 0": sonix(first=0),
    "counts from 0 and says no number": sonix(first=0, echo=_nothing),
    "counts from 1 and says no number": sonix(echo=_nothing),
    "says neither number nor total": sonix(echo=_nothing, total=_nothing),
    "counts from 0, says neither": sonix(first=0, echo=_nothing, total=_nothing),
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
    "an empty page in the middle": sonix(change=lambda place, shown, _: [] if place == 1 else shown),
    "an empty head": sonix(change=lambda place, shown, _: [] if place == 0 else shown),
    "short pages": sonix(size=7),
    "one row a page": sonix(size=1, most=20),
    "rows twice": sonix(change=lambda _, shown, __: [*shown, *shown]),
    "a page of the one before": sonix(change=lambda place, shown, items: items[:100] if place == 1 else shown),
    "always its head": sonix(change=lambda _, __, items: items[:100]),
    "always its head, no totals": sonix(change=lambda _, __, items: items[:100], total=_nothing, echo=_nothing),
    "its last page for ever": sonix(clamp=True),
    "its last page for ever, no totals": sonix(clamp=True, total=_nothing, echo=_nothing),
    "rows that move down": sonix(change=lambda place, _, items: items[max(0, place * 95) : place * 95 + 100]),
    "a null row and a text": sonix(change=lambda _, shown, __: [*shown[:5], *NO_ROWS, *shown[5:]]),
}
TEMI_LIES: dict[str, Lie] = {
    "the truth": temi(),
    "caps limit at 50": temi(cap=50),
    "caps limit at 10": temi(cap=10),
    "one row a page": temi(cap=1),
    "short pages now and then": temi(change=lambda place, shown, _: shown[: 3 if place % 2 else 100]),
    "starts with the job it goes on from": temi(after=lambda place: place),
    "starts three before it": temi(after=lambda place: max(0, place - 3)),
    "ignores where to go on": temi(after=lambda place: 0),
    "ignores it and caps": temi(after=lambda place: 0, cap=50),
    "rows twice": temi(change=lambda _, shown, __: [*shown, *shown]),
    "always its head": temi(change=lambda _, __, items: items[:100]),
    "an empty head": temi(change=lambda place, shown, _: [] if place == 0 else shown),
    "a null row and a text": temi(change=lambda _, shown, __: [*shown[:5], *NO_ROWS, *shown[5:]]),
}
LIES = {"sonix": SONIX_LIES, "temi": TEMI_LIES}


def served(lie: Lie, items: Ids, status: Callable[[str], str]) -> Answer:
    """The lie as the list, filtered where it is asked to; the truth for whoever asks for one recording."""

    def row(id_: str | None) -> Any:
        return id_ if id_ in NO_ROWS else {"id": id_, "status": status(str(id_))}

    def answer(connection: socket.socket, head: bytes) -> None:
        parts = urlsplit(head.split()[1].decode())
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = parts.path.rpartition("/")[2]
        if name in ("media", "jobs"):
            body = lie([id_ for id_ in items if query.get("status") in (None, status(id_))])(query)
            if isinstance(body, dict):
                body["media"] = [row(id_) for id_ in body["media"]]
            else:
                body = [row(id_) for id_ in body]
        else:
            body = row(name)
        connection.sendall(whole(json.dumps(body).encode()))

    return answer
