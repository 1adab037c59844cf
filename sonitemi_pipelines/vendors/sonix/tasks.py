"""Sonix summaries and translations into the lake: what is open is asked for again, what is completed never."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import pyarrow.compute as pc

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.sonix.statuses import TASKS
from sonitemi_pipelines.api.statuses import ended
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.alive import put_alive
from sonitemi_pipelines.sync.answers import ask_each
from sonitemi_pipelines.sync.lists import Row, forgotten_ids, json_or_none
from sonitemi_pipelines.vendors.sonix.tables import (
    SONIX_BATCH_SUMMARIES,
    SONIX_FOLDERS,
    SONIX_SUMMARIES,
    SONIX_TRANSLATIONS,
)

log = logging.getLogger(__name__)

PARTLY = "partly"
"""Status, of ours, of the row that stands for the members of a completed batch that could not be read."""
DELETED = "deleted"
"""Status, of ours, of what the vendor knows no more."""
ENDED = ended(TASKS) | {DELETED}
"""Statuses after which the vendor is not asked again."""


@dataclass(frozen=True)
class TaskChange:
    """Rows written, what Sonix could not answer, in words, and rows found stale."""

    rows: int
    problems: tuple[str, ...] = ()
    stale: int = 0

    def __str__(self) -> str:
        return f"{self.rows} rows written" + (f", {self.stale} found stale" if self.stale else "")


def sync_batch_summaries(lake: Lake, client: SonixClient, *, in_flight: int) -> TaskChange:
    """Bring `sonix_batch_summaries` to what the vendor has of every folder, and of batches still open here whose folder
    is gone.
    """
    alive = lake.read(SONIX_FOLDERS, ["folder_id"], filters=pc.field("deleted_at").is_null())
    known: dict[str, list[Row]] = {}
    for row in lake.read(SONIX_BATCH_SUMMARIES).to_pylist():
        known.setdefault(row["batch_id"], []).append(row)

    folder_ids: list[str] = [row["folder_id"] for row in alive.to_pylist()]
    listings = ask_each(folder_ids, client.batch_summarizations.list, in_flight=in_flight)
    if listings.denied is not None:
        # A plan without batch summaries is no fault, and no reason to fail every run.
        log.warning("no batch summaries: %s", listings.denied)
        return TaskChange(0)
    odd = [
        f"a batch summary of folder {folder_id} cannot be taken: {row.name} ({row.why})"
        for folder_id, batches in listings.found.items()
        for row in getattr(batches, "unreadable", ())
    ]
    listed = {batch.id: (folder_id, batch) for folder_id, batches in listings.found.items() for batch in batches}
    statuses = {id_: {row["status"] for row in rows} for id_, rows in known.items()}
    changed = [id_ for id_, (_, batch) in listed.items() if statuses.get(id_) != {batch.status}]
    left = [id_ for id_, rows in known.items() if id_ not in listed and rows[0]["status"] not in ENDED]
    answers = ask_each([*changed, *left], client.batch_summarizations.get, in_flight=in_flight)

    revisions = _latest_revisions(lake)
    erased = forgotten_ids(lake, "sonix")
    rows: list[Row] = [{**row, "status": DELETED} for id_ in answers.gone for row in known.get(id_, [])]
    for id_, batch in answers.found.items():
        before = known[id_][0] if id_ in known else {}
        folder_id, head = listed[id_] if id_ in listed else (before.get("folder_id"), batch)
        shared = {
            "batch_id": id_,
            "folder_id": folder_id,
            "prompt": batch.prompt or head.prompt or before.get("prompt"),
            "status": batch.status,
            "created_at": batch.created_at or head.created_at or before.get("created_at"),
            "extra": json_or_none(batch.extra),
        }
        summaries = [
            {
                **shared,
                "media_id": summary.media_id,
                "summary": summary.summary,
                "fetched_at": utc_now(),
                "transcript_revision": revisions.get(summary.media_id),
                "stale": False,
            }
            for summary in batch.summaries or ()
            if summary.media_id not in erased
        ]
        members = batch.extra.get("summaries")
        if members is not None:
            # The batch counts as unfinished, so that it is asked for again until all of it can be taken.
            summaries.append({**shared, "status": PARTLY})
            count = len(members) if isinstance(members, list) else "all"
            odd.append(f"{count} summaries of batch {id_} cannot be taken: they are not as documented; asked for again")
        rows += summaries or [shared]
    put_alive(lake, SONIX_BATCH_SUMMARIES, "sonix", rows, keys=lambda found: found.select(["batch_id"]))
    return TaskChange(len(rows), (*listings.problems, *answers.problems, *odd))


def sync_summaries(lake: Lake, client: SonixClient) -> TaskChange:
    """Bring `sonix_summaries` up to date, and mark every summary that is older than its transcript."""
    change = refresh_summaries(lake, client)
    return dataclasses.replace(change, stale=mark_stale(lake))


def refresh_summaries(lake: Lake, client: SonixClient) -> TaskChange:
    """Ask again for every summarization of ours that is not completed."""
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

    return _refresh_open(lake, SONIX_SUMMARIES, ask)


def refresh_translations(lake: Lake, client: SonixClient, told: Collection[tuple[str, str]] = ()) -> TaskChange:
    """Ask again for every translation that is not completed.

    Args:
        told: (media id, language) of translations that somebody says are there or were made again.
    """

    def ask(row: Row) -> Row:
        found = client.translations.get(row["media_id"], row["language"])
        return {"status": found.status, "extra": json_or_none(found.extra)}

    erased = forgotten_ids(lake, "sonix")
    wanted = sorted(pair for pair in told if pair[0] not in erased)
    answers = ask_each(wanted, lambda pair: client.translations.get(*pair))
    known = {(row["media_id"], row["language"]): row for row in lake.read(SONIX_TRANSLATIONS).to_pylist()}
    for (media_id, language), found in answers.found.items():
        key = {"media_id": media_id, "language": language}
        # A later time of change makes the sync fetch the text again: the translation may have been made anew.
        news = {"status": found.status, "changed_at": utc_now(), "extra": json_or_none(found.extra)}
        row = {**known.get((media_id, language), {}), **key, **news}
        put_alive(lake, SONIX_TRANSLATIONS, "sonix", [row])
    absent = [f"sonix has no translation of {media_id} into {language}" for media_id, language in answers.gone]
    refreshed = _refresh_open(lake, SONIX_TRANSLATIONS, ask)
    return TaskChange(len(answers.found) + refreshed.rows, (*absent, *answers.problems, *refreshed.problems))


def mark_stale(lake: Lake) -> int:
    """Mark summaries whose transcript changed after they were fetched; returns the rows that changed."""
    revisions = _latest_revisions(lake)

    def changed(table: Table) -> list[Row]:
        rows = []
        for row in lake.read(table).to_pylist():
            now = revisions.get(row["media_id"])
            then = row["transcript_revision"] or now
            stale = row["summary"] is not None and then != now
            if row["summary"] is not None and (row["stale"] or False, row["transcript_revision"]) != (stale, then):
                rows.append({**row, "stale": stale, "transcript_revision": then})
        return rows

    tables = (SONIX_BATCH_SUMMARIES, SONIX_SUMMARIES)
    return sum(put_alive(lake, table, "sonix", partial(changed, table)) for table in tables)


def _refresh_open(lake: Lake, table: Table, ask: Callable[[Row], Row]) -> TaskChange:
    open_ = {" ".join(str(row[name]) for name in table.key): row for row in lake.read(table).to_pylist()}
    open_ = {name: row for name, row in open_.items() if row["status"] not in ENDED}
    answers = ask_each(open_, lambda name: ask(open_[name]))
    changed = 0
    for name, news in [*answers.found.items(), *((name, {"status": DELETED}) for name in answers.gone)]:
        row = open_[name]
        if any(row[column] != value for column, value in news.items()):
            if "changed_at" in row:
                news["changed_at"] = utc_now()
            changed += put_alive(lake, table, "sonix", [{**row, **news}])
    return TaskChange(changed, answers.problems)


def _latest_revisions(lake: Lake) -> dict[str, str]:
    """Sonix media id -> revision of its latest transcript."""
    rows = lake.read(
        TRANSCRIPTS,
        ["recording_id", "revision"],
        filters=(pc.field("provider") == "sonix") & (pc.field("variant") == "latest"),
    )
    return {row["recording_id"]: row["revision"] for row in rows.to_pylist()}
