"""Numbered changes that bring the lake of an earlier release over, where adding a column does not do.

Each runs once, in order, before the first change of transcripts by a newer release; the table `transcripts` records the
number. A migration that was killed is run again, so each must be one that can be. A new one: raise LAKE_SCHEMA_VERSION
in `schemas`, add a line here, and a lake of the release before under `tests/lakes`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.layout import lay_out_transcripts
from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, TRANSCRIPTS
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.upgrade import SCHEMA_APP

log = logging.getLogger(__name__)

FIRST_VERSION = 1
"""Of release 0.1.0, whose tables may not say it."""


@dataclass(frozen=True)
class Migration:
    """One change.

    Attributes:
        number: the schema version that a lake has after it.
        what: it does, for the log.
        run: does it, or what is left of it. Called with WRITE_LOCK held and a table `transcripts` there.
    """

    number: int
    what: str
    run: Callable[[Lake], object]


def _lay_out(lake: Lake) -> None:
    lay_out_transcripts(lake, lake.snapshot([TRANSCRIPTS.name, *PINNED]))


MIGRATIONS: tuple[Migration, ...] = (
    Migration(2, "files of neighbouring months instead of a folder for each vendor and day", _lay_out),
)


def schema_version(lake: Lake) -> int | None:
    """Which schema version a lake has; None when it has no transcripts yet.

    Raises:
        LakeError: it cannot be read, or is of a newer release.
    """
    handle = lake.newest(TRANSCRIPTS.name)
    return None if handle is None else handle.transaction_version(SCHEMA_APP) or FIRST_VERSION


def migrate(lake: Lake) -> list[int]:
    """Bring a lake to this release's schema version; the numbers of what was done. Call with WRITE_LOCK held.

    Raises:
        LakeError: it cannot be read or written; run it again.
    """
    version = schema_version(lake)
    if version is None or version >= LAKE_SCHEMA_VERSION:
        return []
    done = [migration for migration in MIGRATIONS if migration.number > version]
    for migration in done:
        log.warning("lake schema version %d: %s", migration.number, migration.what)
        migration.run(lake)
        _record(lake, migration.number)
    # Columns may have come without a migration.
    _record(lake, LAKE_SCHEMA_VERSION)
    return [migration.number for migration in done]


def _record(lake: Lake, number: int) -> None:
    if (schema_version(lake) or FIRST_VERSION) < number:
        writing.commit(lake, TRANSCRIPTS, lambda files: writing.Edit(), transactions={SCHEMA_APP: number})
