"""Keeping the lake quick and small: few large files instead of many small ones, and none that nobody needs."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.compaction import Compaction, compact
from sonitemi_pipelines.lake.private import privately
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK, pin_newest, publish_versions, writable_snapshot

log = logging.getLogger(__name__)

YOUNGEST_STRAY = timedelta(hours=1)
SHORTEST_RETENTION = timedelta(days=1)
"""Less could take files from under a query that is running, or a warehouse that somebody has open."""


@dataclass(frozen=True)
class Maintenance:
    """What was done to one table: data files before and after compaction, files deleted for good."""

    table: str
    files_before: int
    files_after: int
    vacuumed: int


def maintain(
    lake: Lake, tables: Iterable[Table], retention: timedelta, publish: Callable[[], object]
) -> list[Maintenance]:
    """Compact, let readers move on to the compacted files, then delete what is out of use for longer than `retention`.

    Args:
        publish: brings the marts and the warehouse to the lake's newest snapshot; its views name files by path, so it
            runs between compaction and vacuum.

    Raises:
        LakeError: `retention` is shorter than a day, or a table cannot be read or written.
    """
    if retention < SHORTEST_RETENTION:
        raise LakeError(
            f"a retention of {retention} could delete files that readers still use; keep them for at least a day"
        )
    # Headers last: the versions that they name are then those of the compacted tables.
    ordered = sorted(tables, key=lambda table: table.name == TRANSCRIPTS.name)
    with lake.lock(WRITE_LOCK):
        counts = compact_pinned(lake, [table for table in ordered if table.name in PINNED])
        counts |= {table.name: compact(lake, table) for table in ordered if table.name not in PINNED}
    publish()
    vacuumed = {}
    with lake.lock(WRITE_LOCK):
        # A vacuum commits versions of its own, which the headers then have to name; theirs comes last.
        for table in ordered:
            if table.name in PINNED or table.name == TRANSCRIPTS.name:
                vacuumed[table.name] = vacuum(lake, table, retention)
        pin_newest(lake)
    for table in ordered:
        if table.name not in vacuumed:
            vacuumed[table.name] = vacuum(lake, table, retention)
        clean_log(lake, table)
    return [
        Maintenance(table.name, counts[table.name].before, counts[table.name].after, vacuumed[table.name])
        for table in ordered
    ]


def compact_pinned(lake: Lake, tables: Iterable[Table]) -> dict[str, Compaction]:
    """Compact what the headers name, and let them name the outcome. Call with WRITE_LOCK held."""
    if lake.open(TRANSCRIPTS.name) is None:
        return {table.name: Compaction(0, 0) for table in tables}
    visible = writable_snapshot(lake)
    done = {table.name: compact(lake, table, visible.get(table.name, writing.NOTHING)) for table in tables}
    versions = {name: each.version for name, each in done.items() if each.version is not None}
    if versions:
        publish_versions(lake, versions, follow=visible[TRANSCRIPTS.name])
    return done


@privately
def vacuum(lake: Lake, table: Table, retention: timedelta, youngest_stray: timedelta = YOUNGEST_STRAY) -> int:
    """Delete data files that have been out of use for longer than `retention`; returns how many.

    Files that no version names are what killed writers left, or what one is writing at this moment: they go only when
    they are older than `youngest_stray`; less than an hour only where nobody else can be writing.
    """
    handle = lake.open(table.name)
    if handle is None:
        return 0
    pinned = lake.snapshot([table.name]).get(table.name)
    keep = [pinned] if pinned is not None else None
    deleted, before = 0, handle.version()
    with boundary(f"lake table {table.name} at {lake.location(table.name)} cannot be cleaned up"):
        for full, age in ((False, retention), (True, max(retention, youngest_stray))):
            deleted += len(
                handle.vacuum(
                    retention_hours=math.ceil(age / timedelta(hours=1)),
                    dry_run=False,
                    enforce_retention_duration=False,
                    full=full,
                    keep_versions=keep,
                )
            )
        writing.flush_log(lake, table, before + 1)
    return deleted


@privately
def clean_log(lake: Lake, table: Table) -> None:
    """Delete log files older than the table keeps, unless the version that readers see is behind the newest."""
    handle = lake.open(table.name)
    if handle is None or handle.version() != lake.snapshot([table.name]).get(table.name):
        return
    with boundary(f"the log of lake table {table.name} at {lake.location(table.name)} cannot be cleaned up"):
        handle.create_checkpoint()
        # It is all that is left of the commits deleted next.
        writing.flush_log(lake, table, handle.version())
        handle.cleanup_metadata()
