"""The named points at which a process of ours may be stopped or killed, and what makes it stop there: in tests only."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any


@dataclass(frozen=True)
class Point:
    """A place in the code, before or after one of its functions runs.

    Attributes:
        command: what reaches it: 'sync', 'maintain', 'forget', 'submit', 'summarize-folder', 'translate', 'webhooks'.
        place: module and attribute in it, where the name is looked up when it is called.
        of: a table, an operation or a vendor that the call has to be about; '' for any.
    """

    name: str
    command: str
    place: str
    of: str = ""
    after: bool = False

    def __str__(self) -> str:
        return f"{self.command}: {'after' if self.after else 'before'} {self.name}"


def _both(command: str, name: str, place: str, of: str = "") -> list[Point]:
    return [Point(name, command, place, of, after) for after in (False, True)]


_LAKE = "sonitemi_pipelines.lake"
_COMMIT = f"{_LAKE}.writing:commit"
_LOG = "deltalake:DeltaTable.create_write_transaction"
_REQUEST = "sonitemi_pipelines.api.session:VendorSession.ask"
_PIPELINE = "sonitemi_pipelines.pipeline"
_LEDGER = "sonitemi_pipelines.paid.ledger:Ledger._write"

_FETCHED = ("raw_payloads", "split_words", "turns", "words", "transcripts")
_LISTED = ("sonix_media", "temi_jobs")
_MADE = ("recordings", "speaker_stats", "terms", "conversation_stats")

POINTS: tuple[Point, ...] = (
    *(p for operation in ("media.list", "jobs.list") for p in _both("sync", operation, _REQUEST, operation)),
    *_both("sync", "fetch sonix", _REQUEST, "transcripts.get_json"),
    *_both("sync", "fetch temi", _REQUEST, "transcripts.get_json"),
    *_both("sync", "parse", "sonitemi_pipelines.sync.transcripts:_read"),
    *_both("sync", "assemble", "sonitemi_pipelines.sync.transcripts:assemble"),
    *(p for table in (*_LISTED, *_FETCHED, *_MADE) for p in _both("sync", f"commit {table}", _COMMIT, table)),
    *(Point(f"log of {table}", "sync", _LOG, table) for table in (*_FETCHED, "recordings")),
    *_both("sync", "marts", f"{_PIPELINE}.run:refresh"),
    *_both("sync", "publish", f"{_PIPELINE}.run:publish"),
    *_both("sync", "swap", "sonitemi_pipelines.warehouse.publish:_swap_in"),
    Point("a table shown", "sync", "sonitemi_pipelines.warehouse.publish:show", after=True),
    *_both("maintain", "compaction of words", f"{_LAKE}.maintenance:compact", "words"),
    *_both("maintain", "compaction of transcripts", f"{_LAKE}.maintenance:compact", "transcripts"),
    Point("merged files", "maintain", f"{_LAKE}.compaction:rewrite", after=True),
    *_both("maintain", "log of merged words", _LOG, "words"),
    *_both("maintain", "versions named", f"{_LAKE}.maintenance:publish_versions"),
    *_both("maintain", "publish", f"{_PIPELINE}.run:publish"),
    *_both("maintain", "vacuum of words", f"{_LAKE}.maintenance:vacuum", "words"),
    *_both("maintain", "vacuum of transcripts", f"{_LAKE}.maintenance:vacuum", "transcripts"),
    *_both("maintain", "log cleaned", f"{_LAKE}.maintenance:clean_log", "words"),
    *_both("forget", "commit forgotten", _COMMIT, "forgotten"),
    *_both("forget", "inbox", "sonitemi_pipelines.webhooks.inbox:Inbox.forget"),
    *_both("forget", "transcripts erased", f"{_PIPELINE}.forget:_erase_transcripts"),
    *(Point(f"log of {table}", "forget", _LOG, table) for table in ("raw_payloads", "words", "transcripts")),
    *_both("forget", "shown anew", f"{_PIPELINE}.forget:_show_anew"),
    *_both("forget", "vacuum of words", f"{_PIPELINE}.forget:vacuum", "words"),
    *_both("forget", "vacuum of raw_payloads", f"{_PIPELINE}.forget:vacuum", "raw_payloads"),
    *(
        point
        for command in ("submit", "summarize-folder", "translate")
        for point in (
            *_both(command, "asked", _LEDGER, "asked"),
            *_both(
                command,
                "sent",
                _REQUEST,
                {
                    "submit": "media.submit",
                    "summarize-folder": "batch_summarizations.create",
                    "translate": "translations.create",
                }[command],
            ),
            *_both(command, "accepted", _LEDGER, "accepted"),
        )
    ),
    *_both("webhooks", "event stored", "sonitemi_pipelines.webhooks.inbox:Inbox.put_many"),
    *_both("webhooks", "event in its transaction", "sonitemi_pipelines.webhooks.inbox:Inbox._put"),
)

BESIDE: tuple[Point, ...] = (
    Point("media.list", "sync", _REQUEST, "media.list", after=True),
    Point("jobs.list", "sync", _REQUEST, "jobs.list", after=True),
    Point("batch summary", "sync", _REQUEST, "batch_summarizations.get", after=True),
    Point("summary", "sync", _REQUEST, "summarizations.get", after=True),
    Point("translation", "sync", _REQUEST, "translations.get", after=True),
    Point("commit sonix_batch_summaries", "sync", _COMMIT, "sonix_batch_summaries"),
    Point("commit sonix_translations", "sync", _COMMIT, "sonix_translations"),
    Point("fetch sonix", "sync", _REQUEST, "transcripts.get_json", after=True),
    Point("log of words", "sync", _LOG, "words"),
    Point("commit transcripts", "sync", _COMMIT, "transcripts", after=True),
    Point("log of temi_account_balance", "sync", _LOG, "temi_account_balance"),
    Point("commit terms", "sync", _COMMIT, "terms"),
    Point("log of recordings", "sync", _LOG, "recordings"),
    Point("publish", "sync", f"{_PIPELINE}.run:publish"),
    Point("swap", "sync", "sonitemi_pipelines.warehouse.publish:_swap_in"),
)
"""Where a sync is held while something else happens beside it."""


def install(at: Point | None, number: signal.Signals | None, nth: int, seen: Callable[[str], None]) -> None:
    """Make this process meet `number` at the nth time it comes to `at`, and tell `seen` of every point it comes to."""
    places: dict[str, list[Point]] = {}
    for point in dict.fromkeys((*POINTS, *BESIDE)):
        places.setdefault(point.place, []).append(point)
    left = nth

    def meet(point: Point) -> None:
        nonlocal left
        seen(str(point))
        if point == at and number is not None:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), number)

    for place, points in places.items():
        _wrap(place, points, meet)


def found(place: str) -> tuple[Any, str]:
    """What holds a place's function, and its name there.

    Raises:
        AttributeError: the code has no such place any more.
    """
    module_name, _, path = place.partition(":")
    owner: Any = importlib.import_module(module_name)
    *owners, name = path.split(".")
    for each in owners:
        owner = getattr(owner, each)
    getattr(owner, name)
    return owner, name


def _wrap(place: str, points: list[Point], meet: Callable[[Point], None]) -> None:
    owner, name = found(place)
    call = getattr(owner, name)

    @wraps(call)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        about = {_name_of(value) for value in (*args, *kwargs.values())}
        hit = [point for point in points if not point.of or point.of in about]
        for point in hit:
            if not point.after:
                meet(point)
        result = call(*args, **kwargs)
        for point in hit:
            if point.after:
                meet(point)
        return result

    setattr(owner, name, wrapped)


def _name_of(value: Any) -> str:
    """What an argument is about: its text, the name of its table, the status of its entry."""
    if isinstance(value, str):
        return value
    uri = getattr(value, "table_uri", None)
    if uri is not None:
        return str(uri).rstrip("/").rpartition("/")[2]
    for attribute in ("status", "name"):
        found = getattr(value, attribute, None)
        if isinstance(found, str):
            return found
    return ""
