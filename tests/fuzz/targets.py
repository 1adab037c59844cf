"""What is done with anything a vendor may send: a valid table or one typed error comes of it, at once, or it is a bug.

Each target takes bytes: the first says which vendor, operation, hook or status, the rest is the body.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import requests
import urllib3

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import ApiError, PayloadError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.masking import mask_bytes
from sonitemi_pipelines.parsing.assemble import assemble
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.sync.rows import take
from sonitemi_pipelines.vendors import VENDORS, hooks
from sonitemi_pipelines.vendors.sonix.lists import _folder_row, _media_row, _user_row
from sonitemi_pipelines.vendors.sonix.tables import SONIX_FOLDERS, SONIX_MEDIA, SONIX_USERS
from sonitemi_pipelines.vendors.temi.lists import _job_row
from sonitemi_pipelines.vendors.temi.tables import TEMI_JOBS
from sonitemi_pipelines.webhooks.events import Delivery
from sonitemi_pipelines.webhooks.hints import MalformedBodyError
from sonitemi_pipelines.webhooks.signature import verify_signature
from tests.parsed import spoken_words

LONGEST_SECONDS = 1.0
MOST_MB = 200
KEY = "key-of-no-account-0123456789"
_URL = "http://127.0.0.1:9/v1"


class _Line(requests.adapters.BaseAdapter):
    """Stands for the connection to a vendor: hands out answers in order, then empty ones."""

    def __init__(self, empty: bytes) -> None:
        super().__init__()
        self.answers: list[tuple[int, str, bytes]] = []
        self._empty = empty

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        status, kind, body = self.answers.pop(0) if self.answers else (200, "application/json", self._empty)
        response = requests.Response()
        response.status_code, response.url = status, str(request.url)
        response.headers["Content-Type"] = kind
        response.raw = urllib3.HTTPResponse(io.BytesIO(body), preload_content=False, decode_content=False)
        return response

    def close(self) -> None:
        pass


def _client(cls: Any, empty: bytes) -> Any:
    client = cls(KEY, _URL, attempts=1)
    client.line = line = _Line(empty)
    client.session._session().mount("http://", line)
    return client


SONIX = _client(SonixClient, b'{"media": []}')
TEMI = _client(TemiClient, b"[]")


def _is_one_line(error: Exception) -> None:
    said = str(error)
    assert said.isprintable(), "more than a line"
    assert len(said) < 1200
    assert KEY not in said
    said.encode()


# ---- transcripts


def transcript(data: bytes) -> bool:
    """A payload becomes tables, or one PayloadError; whether tables came of it."""
    provider = ("sonix", "temi")[data[0] % 2]
    source = Source(provider, "r1", "latest", dt.date(2026, 1, 1), dt.datetime(2026, 1, 1))
    try:
        found = assemble([VENDORS[provider].take_apart(data[1:], source)])
    except PayloadError as error:
        _is_one_line(error)
        return False
    for table in (found.words, found.turns, found.transcripts, found.split_words):
        table.validate(full=True)
    assert found.transcripts.num_rows == 1
    assert found.transcripts["token_count"].to_pylist() == [found.words.num_rows]
    assert found.transcripts["turn_count"].to_pylist() == [found.turns.num_rows]
    assert found.transcripts["word_count"].to_pylist() == [spoken_words(found).num_rows]
    return True


# ---- lists, and answers about one thing


def _row_of_media(media: Any) -> dict[str, Any]:
    return _media_row(media, media.folder_id, {})


LISTS: dict[str, tuple[Any, Callable[[], Iterable[Any]], Any, Callable[[Any], dict[str, Any]] | None]] = {
    "media.list": (SONIX, SONIX.media.list, SONIX_MEDIA, _row_of_media),
    "folders.list": (SONIX, SONIX.folders.list, SONIX_FOLDERS, _folder_row),
    "users.list": (SONIX, SONIX.users.list, SONIX_USERS, _user_row),
    "batch_summarizations.list": (SONIX, lambda: SONIX.batch_summarizations.list("f1"), None, None),
    "jobs.list": (TEMI, TEMI.jobs.list, TEMI_JOBS, _job_row),
    "media.get": (SONIX, lambda: [SONIX.media.get("m1")], SONIX_MEDIA, _row_of_media),
    "jobs.get": (TEMI, lambda: [TEMI.jobs.get("j1")], TEMI_JOBS, _job_row),
    "batch_summarizations.get": (SONIX, lambda: [SONIX.batch_summarizations.get("b1")], None, None),
    "summarizations.get": (SONIX, lambda: [SONIX.summarizations.get("s1")], None, None),
    "translations.get": (SONIX, lambda: [SONIX.translations.get("m1", "es")], None, None),
    "account.get": (TEMI, lambda: [TEMI.account.get()], None, None),
}


def listed(data: bytes) -> bool:
    """Rows that a table can hold, the others named, or one ApiError."""
    client, ask, table, make_row = list(LISTS.values())[data[0] % len(LISTS)]
    client.line.answers = [(200, "application/json", data[1:])]
    try:
        found = ask()
        if make_row is None:
            for row in found:
                json.dumps(row.to_dict(), default=str).encode()
        else:
            taken = take(table, found, make_row)
            taken.rows.rows.validate(full=True)
            assert all(row.name.isprintable() and row.why.isprintable() for row in taken.unreadable)
    except ApiError as error:
        _is_one_line(error)
        return False
    finally:
        client.line.answers = []
    return True


# ---- errors

_STATUSES = (301, 400, 401, 402, 403, 404, 408, 409, 413, 418, 425, 429, 500, 503, 599, 200)
_KINDS = ("application/json", "text/html", "", "\xff" * 200)


def refused(data: bytes) -> bool:
    """An answer that is no success is one ApiError, whatever its body says; so is a success that is none."""
    client = (SONIX, TEMI)[data[0] % 2]
    status = _STATUSES[data[0] // 2 % len(_STATUSES)]
    client.line.answers = [(status, _KINDS[data[0] // 32 % len(_KINDS)], data[1:])]
    # After a 429 the next call would wait a while.
    client.session._pause_until = 0.0
    try:
        client.session.ask("GET", "/media", operation="media.get", read=lambda response: response)
    except ApiError as error:
        _is_one_line(error)
        return False
    finally:
        client.line.answers = []
    assert status == 200
    return True


# ---- callbacks

HOOKS = tuple(hooks())


def called_back(data: bytes) -> bool:
    """A callback is one hint, or refused as malformed."""
    hook, body = HOOKS[data[0] % len(HOOKS)], data[1:]
    verify_signature("a secret", body, body[:100].decode("latin-1"))
    try:
        hint = hook.read(body)
    except MalformedBodyError as error:
        _is_one_line(error)
        return False
    assert hint.recording_id is None or (hint.recording_id.isprintable() and len(hint.recording_id) <= 512)
    delivery = Delivery(
        provider=hook.provider,
        recording_id=hint.recording_id,
        kind=hint.kind,
        received_at=utc_now(),
        body=mask_bytes(body),
    )
    assert delivery.digest
    return True


TARGETS: dict[str, Callable[[bytes], bool]] = {
    "transcripts": transcript,
    "lists": listed,
    "errors": refused,
    "webhooks": called_back,
}


def timed(target: Callable[[bytes], bool], data: bytes) -> bool:
    """Run a target; more CPU than it may take is a bug too."""
    started = time.thread_time()
    found = target(data or b"\0")
    assert time.thread_time() - started < LONGEST_SECONDS, "it hangs"
    return found


# ---- what they start from


def _one(provider: str) -> list[bytes]:
    sandbox = Sandbox(seed=9, sonix=4, temi=4, minutes=(0.1, 0.2))
    known = sandbox.truth()[provider]
    return [sandbox.body(provider, id_) for id_, found in known.items() if found["variants"]]  # type: ignore[arg-type]


_MEDIA = {
    "id": "a", "name": "n", "status": "completed", "language": "en", "duration": 1.5, "video": False, "created_at": 1,
    "updated_at": 2, "public_url": "https://a.example", "custom_data": {"a": 1}, "folder": {"id": "f", "name": "g"},
    "custom_label": "l", "duplicate_media_id": "d",
}  # fmt: skip
_JOB = {
    "id": "a", "status": "transcribed", "created_on": "2026-01-01T00:00:00Z", "duration_seconds": 1.5, "name": "n",
    "last_modified_on": "2026-01-02T00:00:00Z", "web_url": "https://a.example", "metadata": "m", "failure": "f",
    "failure_detail": "because", "callback_url": "https://b.example",
}  # fmt: skip
_BATCH = {
    "id": "b", "status": "completed", "prompt": "p", "created_at": "2026-01-01T00:00:00Z", "folder_id": "f",
    "summaries": [{"media_id": "a", "summary": "s"}, {"media_id": "c", "summary": "t"}],
}  # fmt: skip
_ANSWERS: dict[str, Any] = {
    "media.list": {"media": [_MEDIA, _MEDIA | {"id": "b"}], "page": 1, "total_pages": 1},
    "folders.list": {"folders": [{"id": "f", "email": "n", "access_control": "all", "restricted_users": ["u"]}]},
    "users.list": {"users": [{"id": "u", "name": "n", "email": "e", "role": "admin"}]},
    "batch_summarizations.list": {"batch_summarizations": [_BATCH]},
    "jobs.list": [_JOB, _JOB | {"id": "b"}],
    "media.get": _MEDIA,
    "jobs.get": _JOB,
    "batch_summarizations.get": _BATCH,
    "summarizations.get": {"id": "s", "media_id": "a", "prompt": "p", "status": "completed", "summary": "t"},
    "translations.get": {"media_id": "a", "language": "es", "status": "completed"},
    "account.get": {"balance": 12.34},
}
_ERRORS = (
    {"code": 400, "message": "no"},
    {"error": "no", "code": "x"},
    {"title": "t", "detail": "d", "type": "https://a.example/x", "parameters": {"a": ["b"]}, "current_balance": 1},
    {"message": KEY},
)
_EVENTS = (
    _MEDIA,
    {"event": "media.status_changed", "data": {"media": {"id": "m1", "status": "completed"}}},
    {"type": "translation.finished", "payload": {"media_id": "m1", "target_language": "es"}},
    {"job": {"id": "j1", "status": "transcribed"}},
    {"id": "j1"},
)


def seeds() -> dict[str, list[bytes]]:
    """Answers as they really come, by target."""
    transcripts = [bytes([number]) + body for number, name in enumerate(("sonix", "temi")) for body in _one(name)]
    answers = [bytes([number]) + json.dumps(_ANSWERS[name]).encode() for number, name in enumerate(LISTS)]
    errors = [bytes([number]) + json.dumps(_ERRORS[number % 4]).encode() for number in range(256)]
    events = [bytes([n]) + json.dumps(event).encode() for n in range(len(HOOKS)) for event in _EVENTS]
    events += [bytes([n]) + b"job%5Bid%5D=j1&media_id=m1&id=x" for n in range(len(HOOKS))]
    return {"transcripts": transcripts, "lists": answers, "errors": errors, "webhooks": events}
