"""Whom media are shared with: Sonix lists it of one media at a time, so `reconcile` asks, and of young media alone."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.sonix.models import Share
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import TIMESTAMP
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.alive import put_alive
from sonitemi_pipelines.sync.answers import ask_each
from sonitemi_pipelines.sync.lists import ListChange, Row, forgotten_ids, json_or_none
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA, SONIX_SHARES

log = logging.getLogger(__name__)


def sync_shares(lake: Lake, client: SonixClient, scope: Scope, *, in_flight: int) -> ListChange:
    """Bring `sonix_shares` to what the vendor has of the media that a run reads again; of others it stays as it was
    seen last. A run that reads nothing again makes no call.
    """
    known = {(row["media_id"], row["email"]): row for row in lake.read(SONIX_SHARES).to_pylist()}
    if scope.reread_days <= 0:
        return _told(known, [])
    answers = ask_each(_young(lake, scope), client.shares.list, in_flight=in_flight)
    if answers.denied is not None:
        # A plan or a role that may not share is no fault, and no reason to fail every run.
        log.warning("no shares: %s", answers.denied)
        return _told(known, [])
    now = utc_now()
    rows: list[Row] = []
    for media_id, shares in answers.found.items():
        there = {share.email: share for share in shares if share.email}
        for email, share in there.items():
            row = _row(media_id, share, known.get((media_id, email)), now)
            if row is not None:
                rows.append(row)
        rows += _ended(known, media_id, there.keys(), now)
    for media_id in answers.gone:
        rows += _ended(known, media_id, (), now)
    put_alive(lake, SONIX_SHARES, "sonix", rows)
    problems = tuple(f"whom sonix media {problem}" for problem in answers.problems)
    return _told(known, rows, problems)


def _young(lake: Lake, scope: Scope) -> list[str]:
    """Completed media as young as `reconcile` reads transcripts again, or changed since."""
    recent = pa.scalar(utc_now() - dt.timedelta(days=scope.reread_days), TIMESTAMP)
    undated = pc.field("created_at").is_null() & (pc.field("first_seen_at") >= recent)
    changed = (pc.field("changed_at") >= recent) & (pc.field("changed_at") > pc.field("first_seen_at"))
    young = (pc.field("created_at") >= recent) | undated | changed
    alive = (pc.field("status") == "completed") & pc.field("deleted_at").is_null()
    found = lake.read(SONIX_MEDIA, ["media_id", "created_at"], filters=young & alive)
    erased = forgotten_ids(lake, "sonix")
    return [
        row["media_id"]
        for row in found.to_pylist()
        if row["media_id"] not in erased and scope.covers(row["media_id"], row["created_at"])
    ]


def _row(media_id: str, share: Share, before: Row | None, now: dt.datetime) -> Row | None:
    """The row to write; None when it stands there already."""
    row: Row = {"can_edit": share.can_edit, "extra": json_or_none(share.extra)}
    if before is not None and before["deleted_at"] is None and row.items() <= before.items():
        return None
    first = now if before is None else before["first_seen_at"]
    return {"media_id": media_id, "email": share.email, **row, "first_seen_at": first, "changed_at": now}


def _ended(known: dict[tuple[str, str], Row], media_id: str, still: Any, now: dt.datetime) -> list[Row]:
    return [
        {**row, "changed_at": now, "deleted_at": now}
        for (of, email), row in known.items()
        if of == media_id and email not in still and row["deleted_at"] is None
    ]


def _told(known: dict[tuple[str, str], Row], rows: list[Row], problems: tuple[str, ...] = ()) -> ListChange:
    added = sum((row["media_id"], row["email"]) not in known for row in rows)
    deleted = sum(row.get("deleted_at") is not None for row in rows)
    return ListChange(
        SONIX_SHARES.name, len(known) + added, added, len(rows) - added - deleted, deleted, problems=problems
    )
