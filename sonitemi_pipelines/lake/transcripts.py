"""Committing transcripts: raw payload, turns, words and header of a batch become visible together, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.keys import without
from sonitemi_pipelines.lake.migrations import migrate
from sonitemi_pipelines.lake.parquet import bounds_of
from sonitemi_pipelines.lake.record import TranscriptBatch
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TABLES, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake, Snapshot

log = logging.getLogger(__name__)

WRITE_LOCK = "write"
"""Held for each batch commit, roll-back and compaction, never while waiting for a vendor."""

_KEY = list(TRANSCRIPTS.key)
_FOUND_BY = [*_KEY, "day"]
"""Key of a transcript with the day, by which fewer files are looked at."""
_ATTEMPTS = 12


def commit_transcripts(lake: Lake, batch: Sequence[TranscriptBatch]) -> None:
    """Replace these transcripts by key. The header goes last and names the versions of the rest, so that a reader of
    `Lake.snapshot` sees all of them change at once, and a crash in between leaves nothing visible.
    """
    if not batch:
        return
    rows = {
        name: pa.concat_tables([getattr(transcript, name) for transcript in batch])
        for name in (*PINNED, TRANSCRIPTS.name)
    }
    headers = rows[TRANSCRIPTS.name]

    def put(name: str, base: int) -> int:
        table = TABLES[name]
        if table is RAW_PAYLOADS:
            return lake.put(table, _unseen_payloads(lake, rows[name], base), _no_keys(table), base=base)
        return lake.put(table, rows[name], headers.select(_FOUND_BY), base=base)

    with lake.lock(WRITE_LOCK):
        change_pinned(lake, PINNED, put, headers=headers)


def change_pinned(
    lake: Lake,
    names: Sequence[str],
    change: Callable[[str, int], int],
    *,
    headers: pa.Table | None = None,
    gone: pa.Table | None = None,
) -> None:
    """Change some of the PINNED tables and then the headers, which name the new versions. Call with WRITE_LOCK held.

    Every change starts from what the headers of now name: what a killed writer left beside it is seen by nobody and
    left out from here on. Where there is no lock, headers of another writer may come in between; then all is done
    again from what they name.

    Args:
        change: from a table's name and the version to start from to the new version.
        headers: rows to put in place of those with the same key.
        gone: headers to take away.
    """
    nothing = TRANSCRIPTS.schema.empty_table()
    headers = nothing if headers is None else headers
    keys = pa.concat_tables([headers, nothing if gone is None else gone]).select(_FOUND_BY)
    for attempt in range(1, _ATTEMPTS + 1):
        visible = writable_snapshot(lake)
        versions = {name: change(name, visible.get(name, writing.NOTHING)) for name in names}
        try:
            lake.put(TRANSCRIPTS, headers, keys, transactions=versions, follow=visible[TRANSCRIPTS.name])
        except writing.ConflictError:
            if attempt == _ATTEMPTS:
                raise
            log.info("another writer committed transcripts in between; trying again (%d)", attempt)
        else:
            return


def replace_headers(lake: Lake, headers: pa.Table) -> None:
    """Replace header rows whose words did not change (a new time of modification, say)."""
    if headers.num_rows:
        with lake.lock(WRITE_LOCK):
            writable_snapshot(lake)
            lake.put(TRANSCRIPTS, headers, headers.select(_FOUND_BY))


def writable_snapshot(lake: Lake) -> Snapshot:
    """What readers see of transcripts, made ready for a change. Call with WRITE_LOCK held."""
    writing.make(lake, TRANSCRIPTS)
    migrate(lake)
    return lake.snapshot([TRANSCRIPTS.name, *PINNED])


def pin_newest(lake: Lake) -> None:
    """Let the headers name the versions of the other tables that readers see, if they name older ones of the same
    rows: the log of those may be cleaned up. Call with WRITE_LOCK held.
    """
    handle = lake.newest(TRANSCRIPTS.name)
    if handle is None:
        return
    visible = lake.snapshot(PINNED)
    if any(handle.transaction_version(name) != version for name, version in visible.items()):
        publish_versions(lake, visible, follow=handle.version())


def publish_versions(lake: Lake, versions: Mapping[str, int] | None = None, *, follow: int | None = None) -> None:
    """Make these versions of the PINNED tables, by default the newest, the visible ones. Call with WRITE_LOCK held.

    Args:
        follow: version of the headers that `versions` hold the rows of; when a writer of another machine committed
            more meanwhile, its headers stay.
    """
    if versions is None:
        versions = {name: handle.version() for name in PINNED if (handle := lake.open(name)) is not None}
    nothing = TRANSCRIPTS.schema.empty_table()
    try:
        lake.put(TRANSCRIPTS, nothing, transactions=versions, follow=follow)
    except writing.ConflictError:
        if follow is None:
            raise
        log.info("another writer committed transcripts meanwhile; its versions stay the visible ones")


def _unseen_payloads(lake: Lake, payloads: pa.Table, base: int) -> pa.Table:
    if base == writing.NOTHING:
        return payloads
    key, bounds = list(RAW_PAYLOADS.key), bounds_of(payloads)
    for file in lake.files(RAW_PAYLOADS.name, base):
        if file.may_hold(bounds) and payloads.num_rows:
            payloads = without(payloads, lake.read_file(RAW_PAYLOADS, file, key))
    return payloads


def _no_keys(table: Table) -> pa.Table:
    return table.schema.empty_table().select(list(table.key))
