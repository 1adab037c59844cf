"""Bringing a lake of release 0.1.0 over: its tables of transcripts had a folder for each vendor and day, which no
merging gets rid of. Everything comes out of the lake itself, no vendor is asked.
"""

from __future__ import annotations

import logging

from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.compaction import rewrite, target_size
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake, Snapshot
from sonitemi_pipelines.progress import Progress, no_progress

log = logging.getLogger(__name__)


def has_folders(lake: Lake, name: str, version: int) -> bool:
    """Whether a version of a table is laid out as release 0.1.0 did."""
    return bool(lake.at(name, version).metadata().partition_columns)


def lay_out_transcripts(lake: Lake, visible: Snapshot, progress: Progress = no_progress) -> list[str]:
    """Lay out anew the tables of transcripts that have folders; returns their names, none when all are well.

    Readers see all of them as they were until the headers, which go last, name the new ones. A run that was killed is
    done again from there. Call with the write lock held. Marts are made anew by their next refresh.

    Args:
        visible: newest snapshot of `transcripts` and PINNED.

    Raises:
        LakeError: a table cannot be read or written.
    """
    todo = [TABLES[name] for name in PINNED if name in visible and has_folders(lake, name, visible[name])]
    headers = visible.get(TRANSCRIPTS.name)
    if headers is None or not (todo or has_folders(lake, TRANSCRIPTS.name, headers)):
        return []
    versions = {}
    for number, table in enumerate(todo, start=1):
        log.warning("laying out lake table %s in few files; once, for a lake of an earlier release", table.name)
        versions[table.name] = _lay_out(lake, table, visible[table.name])
        progress("layout", number, len(todo) + 1)
    _lay_out(lake, TRANSCRIPTS, headers, versions)
    progress("layout", len(todo) + 1, len(todo) + 1)
    return [*versions, TRANSCRIPTS.name]


def _lay_out(lake: Lake, table: Table, version: int, transactions: dict[str, int] | None = None) -> int:
    handle = lake.at(table.name, version)
    files = lake.files_of(handle)
    with lake.reading(table.name):
        source = handle.to_pyarrow_dataset()
    new = rewrite(lake, table, source, files, target_size(table, files))
    return writing.replace_all(lake, table, new, transactions)
