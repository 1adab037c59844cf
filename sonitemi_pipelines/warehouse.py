"""Builds `warehouse.duckdb` beside the old file and swaps it in, so that no reader ever waits, errors or sees half.

A publication starts from a copy of the file before and changes only the rows that differ between two versions of the
lake; the lake stays the record, the warehouse can be deleted at any time.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sonitemi_pipelines.errors import WarehouseError
from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.scan import create_view, identifier, select_files
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake

log = logging.getLogger(__name__)

STORAGE_VERSION = "v1.2.0"
PUBLISHED = "sonitemi_published"
PUBLISH_LOCK = "publish"

_CREATE_PUBLISHED = f"""
CREATE TABLE IF NOT EXISTS {PUBLISHED} (
    table_name VARCHAR PRIMARY KEY, lake_version BIGINT, rows BIGINT, deleted_rows BIGINT, columns VARCHAR
)"""


@dataclass(frozen=True)
class Publication:
    """What a publication did: tables whose rows changed, and rows now in each table that is not a view."""

    path: Path
    changed: tuple[str, ...]
    rows: dict[str, int]


def check_replaceable(path: Path) -> None:
    """Make sure that publishing to `path` would overwrite nothing but an earlier publication.

    Raises:
        WarehouseError: something else lies there, or the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(f"cannot make the folder of the warehouse {path}: {error.strerror or error}") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise WarehouseError(f"cannot write the warehouse {path}; set SONITEMI_WAREHOUSE to a file you may write")
    if path.exists():
        with path.open("rb") as file:
            head = file.read(12)
        if head[8:12] != b"DUCK":
            raise WarehouseError(
                f"{path} is not a DuckDB file, or is corrupt; move it away or set SONITEMI_WAREHOUSE, then run again"
            )
        try:
            with duckdb.connect() as connection:
                _attach(connection, path, path, "READ_ONLY")
        except duckdb.IOException:
            # Somebody has it open to write; the copy that a publication starts from is looked at instead.
            log.warning("%s is open in another program that may write to it", path)


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, to read.

    Raises:
        WarehouseError: it is not there or cannot be opened.
    """
    if not path.exists():
        raise WarehouseError(f"there is no warehouse at {path} yet; run `sonitemi sync`")
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        raise WarehouseError(
            f"cannot open the warehouse {path}: {said}; delete it and sync again if it is corrupt"
        ) from error


def publish(
    lake: Lake,
    path: Path,
    tables: Iterable[Table],
    macros: Iterable[str] = (),
    views: Mapping[Table, str] | None = None,
    *,
    afresh: bool = False,
) -> Publication:
    """Bring the warehouse at `path` to the lake's newest snapshot.

    Args:
        tables: every table to show; those with `as_view` become views of the lake's files where the lake is on a disk.
        macros: SQL statements run at the end, such as CREATE OR REPLACE MACRO.
        views: what the lake does not hold: a SELECT over the other tables of the warehouse.
        afresh: build from nothing instead of from a copy, which keeps deleted rows in its free pages.

    Raises:
        WarehouseError: `path` holds something that is not an earlier publication, or cannot be written.
    """
    check_replaceable(path)
    with lake.lock(PUBLISH_LOCK):
        building = path.with_name(f".{path.name}.building")
        _remove(building)
        try:
            publication = _build(lake, path, building, list(tables), list(macros), views or {}, afresh)
            _swap_in(building, path)
        except OSError as error:
            raise WarehouseError(f"cannot write the warehouse {path}: {error.strerror or error}") from error
        finally:
            _remove(building)
    log.info("published %s: %s changed", path, ", ".join(publication.changed) or "nothing")
    return publication


def _build(
    lake: Lake,
    path: Path,
    building: Path,
    tables: list[Table],
    macros: list[str],
    views: Mapping[Table, str],
    afresh: bool,
) -> Publication:
    from_copy = path.exists() and not afresh
    if from_copy:
        shutil.copyfile(path, building)
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        if from_copy:
            _attach(connection, building, path, f"STORAGE_VERSION '{STORAGE_VERSION}'")
        else:
            connection.execute(f"ATTACH {literal(str(building))} AS warehouse (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE warehouse")
        connection.execute(_CREATE_PUBLISHED)
        versions = lake.snapshot([table.name for table in tables])
        changed = []
        connection.execute("BEGIN")
        for table in tables:
            if _show(connection, lake, table, versions.get(table.name, -1)):
                changed.append(table.name)
        for view, select in views.items():
            _drop(connection, view.name)
            connection.execute(f"DELETE FROM {PUBLISHED} WHERE table_name = ?", [view.name])
            connection.execute(f"CREATE VIEW {identifier(view.name)} AS {select}")
            _comment(connection, view, "VIEW")
        for macro in macros:
            connection.execute(macro)
        connection.execute("COMMIT")
        rows = dict(connection.execute(f"SELECT table_name, rows FROM {PUBLISHED} WHERE rows IS NOT NULL").fetchall())
        connection.execute("USE memory")
        connection.execute("DETACH warehouse")
    return Publication(path=path, changed=tuple(changed), rows=rows)


def _attach(connection: duckdb.DuckDBPyConnection, file: Path, path: Path, options: str) -> None:
    """Attach `file`, a publication or a copy of one, as `warehouse`; errors name `path`."""
    try:
        connection.execute(f"ATTACH {literal(str(file))} AS warehouse ({options})")
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise
        raise _corrupt(path, error) from error
    except duckdb.Error as error:
        raise _corrupt(path, error) from error
    ours = f"SELECT 1 FROM duckdb_tables() WHERE database_name = 'warehouse' AND table_name = '{PUBLISHED}'"
    if not connection.execute(ours).fetchall():
        raise WarehouseError(
            f"{path} is a DuckDB file that this package did not write; set SONITEMI_WAREHOUSE to another path"
        )


def _corrupt(path: Path, error: Exception) -> WarehouseError:
    said = str(error).splitlines()[0][:200]
    return WarehouseError(f"the warehouse {path} is corrupt ({said}); delete it and run again, the lake has it all")


def _show(connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, version: int) -> bool:
    """Make one table of the warehouse show `version` (-1: no such table yet); returns whether anything changed."""
    columns = repr([(field.name, str(field.type)) for field in table.schema])
    before = connection.execute(
        f"SELECT lake_version, rows, deleted_rows, columns FROM {PUBLISHED} WHERE table_name = ?", [table.name]
    ).fetchall()
    old_version, rows, deleted, old_columns = before[0] if before else (None, None, 0, None)
    as_view = table.as_view and "://" not in lake.url
    if old_version == version and old_columns == columns and (rows is None) == as_view:
        return False
    name = identifier(table.name)
    if as_view:
        _drop(connection, table.name)
        files = lake.files(table.name, version) if version >= 0 else []
        connection.execute(f"CREATE VIEW {name} AS {select_files(table, files)}")
        rows = deleted = None
    else:
        gone = None
        if old_version is not None and old_columns == columns and rows is not None and "://" not in lake.url:
            gone = _apply_difference(connection, lake, table, old_version, version, rows, deleted)
        if gone is None:
            create_view(connection, lake, table, version if version >= 0 else None, name="lake_rows")
            _drop(connection, table.name)
            order = f" ORDER BY {', '.join(map(identifier, table.sort_by))}" if table.sort_by else ""
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM lake_rows{order}")
            gone = -(deleted or 0)
        deleted = (deleted or 0) + gone
        rows = connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    _comment(connection, table, "VIEW" if as_view else "TABLE")
    connection.execute(
        f"INSERT OR REPLACE INTO {PUBLISHED} VALUES (?, ?, ?, ?, ?)", [table.name, version, rows, deleted, columns]
    )
    return True


def _apply_difference(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, old: int, new: int, rows: int, deleted: int
) -> int | None:
    """Delete the rows of files that went and insert those of files that came; returns the rows deleted.

    None when starting afresh is cheaper, or the old files are no longer there.
    """
    if old < 0 or new < 0:
        return None
    now = {file.uri: file for file in lake.files(table.name, new)}
    then = {file.uri: file for file in lake.files(table.name, old)}
    came = [file for uri, file in now.items() if uri not in then]
    went = [file for uri, file in then.items() if uri not in now]
    gone = sum(file.rows for file in went)
    if 2 * (gone + deleted) > rows + 1000 or not all(Path(file.uri).exists() for file in went):
        return None
    name = identifier(table.name)
    if went:
        key = ", ".join(map(identifier, table.key))
        same = " AND ".join(f"t.{identifier(k)} IS NOT DISTINCT FROM gone.{identifier(k)}" for k in table.key)
        rows_gone = f"SELECT DISTINCT {key} FROM ({select_files(table, went)})"
        connection.execute(f"DELETE FROM {name} AS t USING ({rows_gone}) AS gone WHERE {same}")
    if came:
        connection.execute(f"INSERT INTO {name} BY NAME {select_files(table, came)}")
    return gone


def _drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    found = connection.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_catalog = 'warehouse' AND table_name = ?", [name]
    ).fetchall()
    if found:
        connection.execute(f"DROP {'VIEW' if found[0][0] == 'VIEW' else 'TABLE'} {identifier(name)}")


def _comment(connection: duckdb.DuckDBPyConnection, table: Table, kind: str) -> None:
    name = identifier(table.name)
    connection.execute(f"COMMENT ON {kind} {name} IS {literal(table.doc)}")
    if kind == "TABLE":
        for column in table.columns:
            text = f"{column.doc} [{column.unit}]" if column.unit else column.doc
            connection.execute(f"COMMENT ON COLUMN {name}.{identifier(column.name)} IS {literal(text)}")


def _swap_in(building: Path, path: Path) -> None:
    with building.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(building, path)
    # Somebody wrote into the old file: its log does not belong to the new one, which would then refuse to open.
    orphan = path.with_name(path.name + ".wal")
    if orphan.exists():
        kept = orphan.with_suffix(".wal.orphaned")
        os.replace(orphan, kept)
        log.warning("somebody wrote into %s; what the next publication replaced is kept in %s", path, kept)


def _remove(building: Path) -> None:
    for path in (building, building.with_name(building.name + ".wal")):
        path.unlink(missing_ok=True)
