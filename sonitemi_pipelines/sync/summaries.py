"""Sonix summaries and translations into the lake: what is open is asked for again, what is completed never."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from sonitemi_pipelines.errors import NotFoundError
from sonitemi_pipelines.lake.predicates import is_in, literal
from sonitemi_pipelines.lake.schemas import (
    SONIX_BATCH_SUMMARIES,
    SONIX_FOLDERS,
    SONIX_SUMMARIES,
    SONIX_TRANSLATIONS,
    TRANSCRIPTS,
    Table,
)
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sonix.client import SonixClient
from sonitemi_pipelines.sonix.models import BatchSummarization
from sonitemi_pipelines.sync.lists import Row, forgotten_ids, json_or_none
from sonitemi_pipelines.sync.scope import utc_now

ENDED = frozenset({"completed", "failed", "deleted"})
"""Statuses after which the vendor is not asked again; 'deleted' is ours, for what the vendor knows no more."""


def sync_batch_summaries(lake: Lake, client: SonixClient, *, in_flight: int) -> int:
    """Bring `sonix_batch_summaries` to what the vendor has of every folder; returns the rows written."""
    alive = lake.read(SONIX_FOLDERS, ["folder_id"], filters=pc.field("deleted_at").is_null())
    folders: list[str] = [row["folder_id"] for row in alive.to_pylist()]
    known: dict[str, set[str | None]] = {}
    for row in lake.read(SONIX_BATCH_SUMMARIES, ["batch_id", "status"]).to_pylist():
        known.setdefault(row["batch_id"], set()).add(row["status"])

    with ThreadPoolExecutor(in_flight) as pool:
        listings = list(pool.map(lambda folder_id: _batches_of(client, folder_id), folders))
        listed = [(folder, batch) for folder, batches in zip(folders, listings, strict=True) for batch in batches]
        changed = [(folder, batch) for folder, batch in listed if known.get(batch.id) != {batch.status}]
        answers = list(pool.map(lambda pair: client.batch_summarizations.get(pair[1].id), changed))

    revisions = _latest_revisions(lake)
    forgotten = forgotten_ids(lake, "sonix")
    rows: list[Row] = []
    for (folder_id, head), batch in zip(changed, answers, strict=True):
        rows += [row for row in _batch_rows(folder_id, head, batch, revisions) if row.get("media_id") not in forgotten]
    if rows:
        where = is_in("batch_id", (row["batch_id"] for row in rows))
        lake.replace(SONIX_BATCH_SUMMARIES, SONIX_BATCH_SUMMARIES.from_rows(rows), where)
    return len(rows)


def refresh_summaries(lake: Lake, client: SonixClient) -> int:
    """Ask again for every summarization of ours that is not completed; returns the rows that changed."""
    revisions = _latest_revisions(lake)

    def ask(row: Row) -> Row:
        found = client.summarizations.get(row["summarization_id"])
        return {
            "status": found.status,
            "prompt": found.prompt or row["prompt"],
            "summary": found.summary,
            "fetched_at": utc_now() if found.summary is not None else None,
            "transcript_revision": revisions.get(row["media_id"]) if found.summary is not None else None,
            "extra": json_or_none(found.extra),
        }

    return _refresh_open(lake, SONIX_SUMMARIES, ("summarization_id",), ask)


@dataclass(frozen=True)
class TranslationChange:
    """Rows written, and the (media id, language) told of that Sonix does not have."""

    rows: int
    absent: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        absent = "".join(f", no translation of {media_id} into {language}" for media_id, language in self.absent)
        return f"{self.rows} rows written{absent}"


def refresh_translations(lake: Lake, client: SonixClient, told: Collection[tuple[str, str]] = ()) -> TranslationChange:
    """Ask again for every translation that is not completed.

    Args:
        told: (media id, language) of translations that somebody says are there or were made again.
    """

    def ask(row: Row) -> Row:
        found = client.translations.get(row["media_id"], row["language"])
        return {"status": found.status, "extra": json_or_none(found.extra)}

    absent = tuple(pair for pair in sorted(told) if not _take_in(lake, client, *pair))
    refreshed = _refresh_open(lake, SONIX_TRANSLATIONS, ("media_id", "language"), ask)
    return TranslationChange(len(told) - len(absent) + refreshed, absent)


def _take_in(lake: Lake, client: SonixClient, media_id: str, language: str) -> bool:
    if media_id in forgotten_ids(lake, "sonix"):
        return False
    try:
        found = client.translations.get(media_id, language)
    except NotFoundError:
        return False
    key = {"media_id": media_id, "language": language}
    where = _same_key(SONIX_TRANSLATIONS, key)
    known = [row for row in lake.read(SONIX_TRANSLATIONS).to_pylist() if row.items() >= key.items()]
    before: Row = known[0] if known else {}
    # A later time of change makes the sync fetch the text again: the translation may have been made anew.
    row = {**before, **key, "status": found.status, "changed_at": utc_now(), "extra": json_or_none(found.extra)}
    lake.replace(SONIX_TRANSLATIONS, SONIX_TRANSLATIONS.from_rows([row]), where)
    return True


def mark_stale(lake: Lake) -> int:
    """Mark summaries whose transcript changed after they were fetched; returns the rows that changed."""
    revisions = _latest_revisions(lake)
    changed = 0
    for table in (SONIX_BATCH_SUMMARIES, SONIX_SUMMARIES):
        rows = []
        for row in lake.read(table).to_pylist():
            now = revisions.get(row["media_id"])
            then = row["transcript_revision"] or now
            stale = row["summary"] is not None and then != now
            if row["summary"] is not None and (row["stale"] or False, row["transcript_revision"]) != (stale, then):
                rows.append({**row, "stale": stale, "transcript_revision": then})
        for row in rows:
            lake.replace(table, table.from_rows([row]), _same_key(table, row))
        changed += len(rows)
    return changed


def _refresh_open(lake: Lake, table: Table, key: tuple[str, ...], ask: Callable[[Row], Row]) -> int:
    changed = 0
    for row in lake.read(table).to_pylist():
        if row["status"] in ENDED:
            continue
        try:
            news: dict[str, Any] = ask(row)
        except NotFoundError:
            news = {"status": "deleted"}
        if any(row[name] != value for name, value in news.items()):
            if "changed_at" in row:
                news["changed_at"] = utc_now()
            lake.replace(table, table.from_rows([{**row, **news}]), _same_key(table, row))
            changed += 1
    return changed


def _same_key(table: Table, row: Row) -> str:
    return " AND ".join(
        f"{name} = {literal(row[name])}" if row[name] is not None else f"{name} IS NULL" for name in table.key
    )


def _batches_of(client: SonixClient, folder_id: str) -> list[BatchSummarization]:
    try:
        return client.batch_summarizations.list(folder_id)
    except NotFoundError:
        # The folder went between the list of folders and this call.
        return []


def _batch_rows(
    folder_id: str, head: BatchSummarization, batch: BatchSummarization, revisions: dict[str, str]
) -> Iterable[Row]:
    shared = {
        "batch_id": batch.id,
        "folder_id": folder_id,
        "prompt": batch.prompt or head.prompt,
        "status": batch.status,
        "created_at": batch.created_at or head.created_at,
        "extra": json_or_none(batch.extra),
    }
    if not batch.summaries:
        return [shared]
    return [
        {
            **shared,
            "media_id": summary.media_id,
            "summary": summary.summary,
            "fetched_at": utc_now(),
            "transcript_revision": revisions.get(summary.media_id),
            "stale": False,
        }
        for summary in batch.summaries
    ]


def _latest_revisions(lake: Lake) -> dict[str, str]:
    """Sonix media id -> revision of its latest transcript."""
    rows = lake.read(
        TRANSCRIPTS,
        ["recording_id", "revision"],
        filters=(pc.field("provider") == "sonix") & (pc.field("variant") == "latest"),
    )
    return {row["recording_id"]: row["revision"] for row in rows.to_pylist()}
