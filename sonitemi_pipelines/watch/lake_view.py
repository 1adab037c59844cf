"""What the lake knows, as a look at a vendor needs it: rows of some ids, the unfinished ones, missing transcripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.schemas import SONIX_MEDIA, SONIX_TRANSLATIONS, SYNC_FAILURES, TEMI_JOBS, TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.failures import open_failures
from sonitemi_pipelines.sync.lists import Row, forgotten_ids
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix import lists as sonix
from sonitemi_pipelines.vendors.temi import lists as temi
from sonitemi_pipelines.watch.decide import pause_after
from sonitemi_pipelines.watch.news import News

FINISHED = {
    "sonix": frozenset({"completed", "failed", "blocked", "duplicate"}),
    "temi": frozenset({*temi.TRANSCRIBED, "failed"}),
}
"""Vendor statuses after which nothing more happens. One that is not documented is not among them."""

LIST_TABLES = {"sonix": SONIX_MEDIA, "temi": TEMI_JOBS}
_COLUMNS = {
    "sonix": ("status", "name", "custom_label", "updated_at", "changed_at", "deleted_at"),
    "temi": ("status", "name", "last_modified_at", "changed_at", "deleted_at"),
}


class KnownRecordings:
    """The lake's list of one vendor, read once; columns stay columns until somebody asks for a row.

    `forgotten` are the ids that were erased here: the vendor may still list them, and they are no news.
    """

    def __init__(self, lake: Lake, provider: str) -> None:
        table = LIST_TABLES[provider]
        self._key = table.key[0]
        self._rows = lake.read(table, [self._key, *_COLUMNS[provider]])
        self._provider = provider
        self.forgotten = forgotten_ids(lake, provider)

    def rows(self, ids: Collection[str]) -> dict[str, Row]:
        """Id -> row of those of `ids` that the lake holds."""
        found = self._rows.filter(pc.is_in(self._rows[self._key], pa.array(list(ids), pa.string())))
        return {row[self._key]: row for row in found.to_pylist()}

    def open(self) -> dict[str, Row]:
        """Id -> row of the recordings that are not finished, as far as the lake knows."""
        finished = pc.is_in(self._rows["status"], pa.array(sorted(FINISHED[self._provider]), pa.string()))
        mask = pc.and_(pc.invert(finished), pc.is_null(self._rows["deleted_at"]))
        return {row[self._key]: row for row in self._rows.filter(mask).to_pylist()}


def versions(lake: Lake, provider: str) -> str:
    """The versions of the tables that decide which transcripts of a vendor are missing, as one text."""
    tables = [LIST_TABLES[provider].name, TRANSCRIPTS.name, SYNC_FAILURES.name]
    if provider == "sonix":
        tables.append(SONIX_TRANSLATIONS.name)
    found = lake.snapshot(tables)
    return " ".join(f"{name}={found.get(name, -1)}" for name in tables)


def missing_transcripts(lake: Lake, provider: str, now: dt.datetime) -> tuple[list[News], int]:
    """Transcripts that the sync would fetch now: those never tried or due again, and how many wait for their next try.

    They are missing because a run was killed between its list and its transcripts, or because fetching them failed.
    """
    wanted = (sonix if provider == "sonix" else temi).wanted_transcripts(lake, Scope())
    failures = open_failures(lake, provider)
    news, waiting = [], 0
    for item in wanted:
        source = item.source
        failure = failures.get((source.recording_id, source.variant))
        if failure is None:
            state = f"missing {source.variant} {source.source_modified_at}"
            news.append(News(source.recording_id, "missing", state))
        elif now >= failure["last_failed_at"] + dt.timedelta(seconds=pause_after(failure["attempts"])):
            news.append(News(source.recording_id, "retried", f"retried {source.variant} {failure['attempts']}"))
        else:
            waiting += 1
    return news, waiting
