"""Builds `warehouse.duckdb` beside the old file and swaps it in, so that no reader ever waits, errors or sees half.

A publication starts from a copy of the file before and changes only the rows that differ between two versions of the
lake. When nothing differs the file is left alone. The lake stays the record, the warehouse can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import filelock

from sonitemi_pipelines.errors import LakeError, WarehouseError
from sonitemi_pipelines.lake.boundary import boundary, one_line
from sonitemi_pipelines.lake.parquet import flush
from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.private import privately
from sonitemi_pipelines.lake.scan import identifier
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.warehouse.tables import (
    DEFINITIONS,
    PUBLISHED,
    Shown,
    comment,
    drop,
    drop_unwanted,
    prepare,
    published,
    remember,
    show,
    wanted_of,
)

log = logging.getLogger(__name__)

STORAGE_VERSION = "v1.2.0"
PUBLISH_LOCK = "publish"
_PATIENCE = 600.0
_NOTHING = Shown(-1, "", "")


@dataclass(frozen=True)
class Publication:
    """What a publication did: tables whose rows changed, and rows now in each table that is not a view."""

    path: Path
    changed: tuple[str, ...]
    rows: dict[str, int]


def check_replaceable(path: Path) -> dict[str, Shown]:
    """Make sure that publishing to `path` would overwrite nothing but an earlier publication; returns what that shows,
    by table.

    Raises:
        WarehouseError: something else lies there, or the folder cannot be written to.
    """
    _check_folder(path)
    return shown_by(path)


def _check_folder(path: Path) -> None:
    with boundary(f"cannot make the folder of the warehouse {path}", error=WarehouseError):
        path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise WarehouseError(f"cannot write the warehouse {path}; set SONITEMI_WAREHOUSE to a file you may write")


def shown_by(path: Path) -> dict[str, Shown]:
    """What the warehouse shows, by table; nothing when there is none, or when somebody has it open to write.

    Raises:
        WarehouseError: something that is no publication lies there.
    """
    if not path.exists():
        return {}
    with boundary(f"cannot read the warehouse {path}", error=WarehouseError), path.open("rb") as file:
        head = file.read(12)
    if head[8:12] != b"DUCK":
        raise WarehouseError(
            f"{path} is not a DuckDB file, or is corrupt; move it away or set SONITEMI_WAREHOUSE, then run again"
        )
    with duckdb.connect() as connection:
        try:
            _attach(connection, path, path, "READ_ONLY")
        except duckdb.IOException:
            # The copy that a publication starts from is looked at instead.
            log.warning("%s is open in another program that may write to it", path)
            return {}
        return published(connection)


def check_same_lake(lake: Lake, path: Path) -> None:
    """Make sure that the lake is not one that begins anew beside the warehouse of one that was there before.

    Raises:
        WarehouseError: the lake has no transcripts and the warehouse shows some.
    """
    try:
        is_empty = lake.newest(TRANSCRIPTS.name) is None
    except LakeError:
        # It is damaged, which is another matter.
        return
    if is_empty and shown_by(path).get(TRANSCRIPTS.name, _NOTHING).version >= 0:
        raise WarehouseError(
            f"there is no transcript in the lake at {lake.url}, and the warehouse {path} shows some: restore the lake "
            "from a backup, or set SONITEMI_HOME to where it is; to begin afresh, move the warehouse away"
        )


@privately
def publish(
    lake: Lake,
    path: Path,
    tables: Iterable[Table],
    macros: Iterable[str] = (),
    views: Mapping[Table, str] | None = None,
    *,
    keep: Collection[str] = (),
    afresh: bool = False,
    self_contained: bool = False,
) -> Publication:
    """Bring the warehouse at `path` to the lake's newest snapshot.

    Args:
        tables: every table to show; those with `as_view`, and any that is large, become views of the lake's files
            where the lake is on a disk.
        macros: SQL statements run at the end, such as CREATE OR REPLACE MACRO.
        views: what the lake does not hold: a SELECT over the other tables of the warehouse.
        keep: tables to leave as the warehouse shows them, because the lake is in the middle of rebuilding them.
        afresh: build from nothing instead of from a copy, which keeps deleted rows in its free pages.
        self_contained: hold every row, so that the file can be carried away; publication then costs what there is.

    Raises:
        WarehouseError: `path` holds something that is not an earlier publication, or cannot be written.
    """
    _check_folder(path)
    tables, macros, views = list(tables), list(macros), views or {}
    with _alone(lake, path):
        wanted = wanted_of(lake, tables, self_contained)
        wanted[DEFINITIONS] = _definitions(macros, views)
        there = shown_by(path)
        shown = {} if afresh else there
        wanted |= {name: shown[name] for name in keep if name in shown}
        if shown.keys() == wanted.keys() and all(shown[name].is_same(each) for name, each in wanted.items()):
            log.info("%s shows the newest snapshot already", path)
            return Publication(path=path, changed=(), rows=_rows(shown))
        # The space of a table that is a view now would be copied for ever.
        afresh = afresh or any(
            name in wanted and wanted[name].is_view and not each.is_view for name, each in shown.items()
        )
        building = path.with_name(f".{path.name}.building")
        _remove(building)
        try:
            with boundary(f"cannot build the warehouse {path}", error=WarehouseError):
                publication = _build(lake, path, building, tables, macros, views, wanted, afresh)
                _swap_in(building, path)
        finally:
            _remove(building)
    log.info("published %s: %s changed", path, ", ".join(publication.changed) or "no rows")
    return publication


def _definitions(macros: list[str], views: Mapping[Table, str]) -> Shown:
    text = repr((macros, [(view.name, view.doc, select) for view, select in views.items()]))
    return Shown(0, hashlib.sha256(text.encode()).hexdigest(), "")


@contextmanager
def _alone(lake: Lake, path: Path) -> Iterator[None]:
    """Let one process of this machine at a time publish, also where the lake itself has no locks: the file is local."""
    if lake.has_locks:
        with lake.lock(PUBLISH_LOCK):
            yield
        return
    lock = path.with_name(path.name + ".lock")
    guard = filelock.FileLock(lock, timeout=_PATIENCE)
    with boundary(f"cannot lock {lock}", error=WarehouseError, way_out="wait until the process that holds it ends"):
        guard.acquire()
    try:
        yield
    finally:
        guard.release()


def _rows(shown: Mapping[str, Shown]) -> dict[str, int]:
    return {name: each.rows for name, each in shown.items() if each.rows is not None}


def _build(
    lake: Lake,
    path: Path,
    building: Path,
    tables: list[Table],
    macros: list[str],
    views: Mapping[Table, str],
    wanted: Mapping[str, Shown],
    afresh: bool,
) -> Publication:
    from_copy = path.exists() and not afresh
    if from_copy:
        shutil.copyfile(path, building)
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        if from_copy:
            _attach(connection, building, path, f"STORAGE_VERSION '{STORAGE_VERSION}'")
        else:
            connection.execute(f"ATTACH {literal(str(building))} AS warehouse (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE warehouse")
        connection.execute("BEGIN")
        prepare(connection)
        before = published(connection)
        drop_unwanted(connection, before, wanted)
        changed = [
            table.name for table in tables if show(connection, lake, table, before.get(table.name), wanted[table.name])
        ]
        for view, select in views.items():
            drop(connection, view.name)
            connection.execute(f"CREATE VIEW {identifier(view.name)} AS {select}")
            comment(connection, view, "VIEW")
        for macro in macros:
            connection.execute(macro)
        remember(connection, DEFINITIONS, wanted[DEFINITIONS])
        connection.execute("COMMIT")
        rows = _rows(published(connection))
        connection.execute("USE memory")
        connection.execute("DETACH warehouse")
    return Publication(path=path, changed=tuple(changed), rows=rows)


def _attach(connection: duckdb.DuckDBPyConnection, file: Path, path: Path, options: str) -> None:
    """Attach `file`, a publication or a copy of one, as `warehouse`; errors name `path`."""
    try:
        connection.execute(f"ATTACH {literal(str(file))} AS warehouse ({options})")
    except duckdb.Error as error:
        if _is_locked(error):
            raise
        raise _corrupt(path, error) from error
    ours = f"SELECT 1 FROM duckdb_tables() WHERE database_name = 'warehouse' AND table_name = '{PUBLISHED}'"
    if not connection.execute(ours).fetchall():
        raise WarehouseError(
            f"{path} is a DuckDB file that this package did not write; set SONITEMI_WAREHOUSE to another path"
        )


def _is_locked(error: duckdb.Error) -> bool:
    """Whether somebody has the file open to write, which harms nothing."""
    return isinstance(error, duckdb.IOException | duckdb.BinderException) and any(
        sign in str(error) for sign in ("lock", "already")
    )


def _corrupt(path: Path, error: Exception) -> WarehouseError:
    said = one_line(error)
    return WarehouseError(f"the warehouse {path} is corrupt ({said}); delete it and run again, the lake has it all")


def _swap_in(building: Path, path: Path) -> None:
    if path.exists():
        # Who may read it is the operator's choice.
        shutil.copymode(path, building)
    else:
        building.chmod(0o600)
    flush(str(building))
    os.replace(building, path)
    flush(str(path.parent))
    # Somebody wrote into the old file: its log does not belong to the new one, which would then refuse to open.
    orphan = path.with_name(path.name + ".wal")
    if orphan.exists():
        kept = orphan.with_suffix(".wal.orphaned")
        os.replace(orphan, kept)
        log.warning("somebody wrote into %s; what the next publication replaced is kept in %s", path, kept)


def _remove(building: Path) -> None:
    for path in (building, building.with_name(building.name + ".wal")):
        path.unlink(missing_ok=True)
