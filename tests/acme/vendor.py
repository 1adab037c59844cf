"""Acme, declared: its client, its table, its parser, and what the pipeline must know of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import msgspec
import pyarrow as pa
import requests

from sonitemi_pipelines.api.client import VendorClient
from sonitemi_pipelines.api.session import VendorSession
from sonitemi_pipelines.api.statuses import ended
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import ApiError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.schemas import DAY, EXTRA, MS, SEEN, Column, Table, moment, text
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.parsing.columns import Columns, Header, Tokens, Turns, columns
from sonitemi_pipelines.parsing.decode import Shape
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.answers import Answers, ask_each
from sonitemi_pipelines.sync.lists import ListChange, Row, day_of, forgotten_ids, merge_list, milliseconds
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Wanted, known_transcripts
from sonitemi_pipelines.vendors import ListStep, Vendor, declare
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.known import KnownRecordings
from sonitemi_pipelines.watch.news import Budget, Findings, News
from sonitemi_pipelines.webhooks.hints import Hint, MalformedBodyError, id_of, json_object
from sonitemi_pipelines.webhooks.hooks import Hook

ACME_CALLS = Table(
    "acme_calls",
    "One row per Acme call.",
    ("call_id",),
    (
        text("call_id", "unique identifier of the call", key=True),
        text("title", "what the call is called"),
        text("status", "state as Acme sent it: ringing, done, lost"),
        Column("duration_ms", MS, "length of the call", "ms"),
        moment("created_at", "when it was made"),
        Column("edition", pa.int32(), "counts the edits"),
        EXTRA,
        *SEEN,
        DAY,
    ),
)
STATUSES = {"ringing": "in_progress", "done": "completed", "lost": "failed"}


class AcmeClient(VendorClient):
    """What Acme answers."""

    vendor = "acme"
    own_base_url = "https://acme.example/v1"
    where_keys_are = "ask Acme for one"

    def _open(self, session: VendorSession) -> None:
        """Acme is small enough to have no resources."""

    def _read_error(self, operation: str, response: requests.Response) -> ApiError:
        return self.session.error_from(operation, response, vendor_message=response.text[:100])

    def calls(self) -> list[dict[str, Any]]:
        found = self._json("calls.list", "/calls")
        return list(found["calls"])

    def call(self, id_: str) -> dict[str, Any]:
        return dict(self._json("calls.get", f"/calls/{id_}"))

    def words(self, id_: str) -> bytes:
        return self.session.request("GET", f"/calls/{id_}/words", operation="calls.words").content

    def _json(self, operation: str, path: str) -> Any:
        return json.loads(self.session.request("GET", path, operation=operation).content)


def _row(call: dict[str, Any]) -> Row:
    created_at = dt.datetime.fromisoformat(call["made_at"]).astimezone(dt.UTC).replace(tzinfo=None)
    return {
        "call_id": call["id"],
        "title": call["title"],
        "status": call["state"],
        "duration_ms": milliseconds(call["seconds"]),
        "created_at": created_at,
        "edition": call["edition"],
        "day": day_of(created_at),
    }


def _sync_calls(lake: Lake, client: AcmeClient, scope: Scope, settings: Settings) -> ListChange:
    def look_up(ids: list[str]) -> Answers[str, Row]:
        answers = ask_each(ids, client.call)
        return Answers({id_: _row(call) for id_, call in answers.found.items()}, answers.gone, answers.problems)

    now, listed = utc_now(), [] if scope.ids is not None else map(_row, client.calls())
    asked = sorted(scope.ids or ())
    return merge_list(
        lake, ACME_CALLS, listed, now, complete=scope.ids is None, provider="acme", look_up=look_up, asked=asked
    )


def _wanted(lake: Lake, scope: Scope) -> list[Wanted]:
    known, erased = known_transcripts(lake, "acme"), forgotten_ids(lake, "acme")
    wanted = []
    for call in lake.read(ACME_CALLS).to_pylist():
        id_, have = call["call_id"], known.get((call["call_id"], "latest"))
        done = call["status"] == "done" and call["deleted_at"] is None and id_ not in erased
        if done and have is None and scope.covers(id_, call["created_at"]):
            source = Source("acme", id_, "latest", call["day"], utc_now(), call["title"], "en", call["duration_ms"])
            wanted.append(Wanted(source, have))
    return wanted


def _fetch(client: AcmeClient, source: Source) -> bytes:
    return client.words(source.recording_id)


class Word(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    w: str | None = None
    start: float | None = None
    end: float | None = None


class Segment(msgspec.Struct, forbid_unknown_fields=True):
    who: str | None = None
    words: list[Word] | None = None


class Payload(msgspec.Struct, forbid_unknown_fields=True):
    segments: list[Segment]


_SHAPE = Shape(Payload, turns=("segments", Segment), tokens=("words", Word))


def take_apart(body: bytes, source: Source) -> Columns:
    """An Acme transcript as columns."""
    payload, extra = _SHAPE.decode(body, source)
    words = [word for segment in payload.segments for word in segment.words or ()]
    return columns(
        body,
        source,
        Header(None, None),
        Turns(
            speakers=[segment.who for segment in payload.segments],
            sizes=[len(segment.words or ()) for segment in payload.segments],
        ),
        Tokens(
            texts=[word.w or "" for word in words],
            starts=[word.start for word in words],
            ends=[word.end for word in words],
        ),
        extra,
    )


class AcmeLooker:
    """Looks at Acme, which lists everything at once."""

    provider = "acme"
    several = "calls"
    table = ACME_CALLS
    columns = ("status", "changed_at", "deleted_at")
    finished = ended(STATUSES)
    decisive = ()

    def __init__(self, client: AcmeClient) -> None:
        self._client = client

    def wanted(self, lake: Lake) -> list[Wanted]:
        return _wanted(lake, Scope())

    def read_head(self, known: KnownRecordings, findings: Findings, budget: Budget) -> None:
        calls = self._client.calls()
        findings.calls += 1
        rows = known.rows([call["id"] for call in calls])
        for call in calls:
            findings.unseen.discard(call["id"])
            row = rows.get(call["id"])
            if (row is None or row["status"] != call["state"]) and call["id"] not in known.forgotten:
                findings.add(News(call["id"], "completed" if call["state"] == "done" else "appeared", call["state"]))

    def read_unfinished(self, open_: dict[str, Row], cursor: Cursor, findings: Findings, budget: Budget) -> None:
        pass

    def look_up(self, id_: str, row: Row, findings: Findings) -> None:
        self._client.call(id_)


def _callback(body: bytes) -> Hint:
    id_ = id_of(json_object(body).get("call"))
    if id_ is None:
        raise MalformedBodyError("no call")
    return Hint(id_, "status_change")


ACME = Vendor(
    name="acme",
    label="Acme",
    recording="call",
    tables=(ACME_CALLS,),
    list_table=ACME_CALLS,
    steps=(ListStep(ACME_CALLS, _sync_calls, feeds_transcripts=True, hours=2),),
    statuses=STATUSES,
    selects={
        "recordings": """
        SELECT call_id AS recording_id, title AS name, status AS vendor_status, 'en' AS language, duration_ms,
            created_at, CAST(NULL AS TIMESTAMP) AS modified_at, CAST(NULL AS VARCHAR) AS url,
            CAST(NULL AS VARCHAR) AS folder_id, CAST(NULL AS VARCHAR) AS folder_name, CAST(NULL AS VARCHAR) AS failure,
            CAST(NULL AS VARCHAR) AS failure_detail, first_seen_at, changed_at, deleted_at, day
        FROM acme_calls
    """
    },
    connect=AcmeClient.from_settings,
    probe=lambda client: f"{len(client.calls())} calls",
    status_of=lambda client, id_: str(client.call(id_)["status"]),
    wanted=_wanted,
    fetch=_fetch,
    take_apart=take_apart,
    looker=AcmeLooker,
    hooks=(Hook("acme", "acme_callback", "/acme/callback", _callback),),
    language="en",
)

declare(ACME)
