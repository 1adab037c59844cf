"""Which tables a lake has had: the headers note it, so that one that is lost is not taken for one that never was."""

from __future__ import annotations

from typing import Protocol

from deltalake import DeltaTable

from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.schemas import MART_FAILURES, RAW_PAYLOADS, SYNC_FAILURES, TABLES, TRANSCRIPTS

_APP = "sonitemi.table:"
"""Beginning of the app transactions that name the tables; those that a commit of headers pins need no other note."""
FLEETING = (SYNC_FAILURES.name, MART_FAILURES.name)
"""The next run finds out again what they say."""


class Store(writing.Store, Protocol):
    """The lake, as far as the register needs it."""

    def newest(self, name: str) -> DeltaTable | None: ...


def note(lake: Store) -> None:
    """Note every table that is there and not noted yet. Call with the write lock held.

    Raises:
        LakeError: the headers cannot be read or written.
    """
    header = lake.newest(TRANSCRIPTS.name)
    if header is None:
        return
    new = {
        _APP + name: 1
        for name in sorted(TABLES)
        if name != TRANSCRIPTS.name
        and name not in FLEETING
        and not _is_noted(header, name)
        and lake.newest(name) is not None
    }
    if new:
        writing.commit(lake, TRANSCRIPTS, lambda files: writing.Edit(), transactions=new)


def was_there(lake: Store, name: str) -> bool:
    """Whether a table that is not there now was once; marts, which are computed again, are not noted."""
    if name == TRANSCRIPTS.name:
        # Headers are made before what they name.
        return DeltaTable.is_deltatable(lake.location(RAW_PAYLOADS.name))
    if name not in TABLES:
        return False
    header = lake.newest(TRANSCRIPTS.name)
    return header is not None and _is_noted(header, name)


def _is_noted(header: DeltaTable, name: str) -> bool:
    return any(header.transaction_version(app) is not None for app in (name, _APP + name))
