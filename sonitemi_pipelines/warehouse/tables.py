"""How one table of the lake is shown in the warehouse, and what the warehouse remembers of that."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.scan import create_view, identifier, select_files
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake

PUBLISHED = "sonitemi_published"
"""The table of the warehouse that says what each of the others shows."""

MOST_HELD = {True: 2**19, False: 4 * 2**20}
"""Bytes of Parquet up to which the warehouse holds the rows of a table, by whether it grows with the transcripts: every
publication writes what it holds, changed or not. Beyond them it is a view of the lake's files."""
MOST_ROWS = 20_000
"""So is a table of more rows that grows with the transcripts: after a change in a file of many recordings the warehouse
takes over all of its rows."""

DEFINITIONS = "views and macros"
"""What stands in that table for everything that is not a table of the lake."""


@dataclass(frozen=True)
class Shown:
    """What a table of the warehouse shows.

    Attributes:
        version: Delta version of the lake's table; -1: there is none yet.
        content: of that version, as `Lake.content_of` tells it.
        shape: in which columns, and for a view from where; another shape is built afresh.
        is_view: it reads the lake's files.
        rows: None for a view.
        deleted_rows: rows deleted since the table was built afresh, whose space the file still holds.
    """

    version: int
    content: str
    shape: str
    rows: int | None = None
    deleted_rows: int = 0

    @property
    def is_view(self) -> bool:
        return not self.shape.startswith("(None,")

    def is_same(self, other: Shown) -> bool:
        return (self.content, self.shape) == (other.content, other.shape)


def wanted_of(lake: Lake, tables: Iterable[Table], self_contained: bool = False) -> dict[str, Shown]:
    """What the warehouse is to show of the lake's newest snapshot, by table.

    Args:
        self_contained: hold every row, so that the file can be carried away; no table is a view of the lake's files.
    """
    tables = list(tables)
    versions = lake.snapshot([table.name for table in tables])
    wanted = {}
    for table in tables:
        columns = [(field.name, str(field.type)) for field in table.schema]
        version = versions.get(table.name, -1)
        content = lake.content_of(table.name, version) if version >= 0 else "none"
        # Views name files by path.
        place = lake.location(table.name) if not self_contained and is_view(lake, table, version) else None
        wanted[table.name] = Shown(version, content, repr((place, columns)))
    return wanted


def is_view(lake: Lake, table: Table, version: int) -> bool:
    """Whether the warehouse reads this table's rows from the lake's files instead of holding them."""
    if not lake.is_local:
        return False
    if table.as_view or version < 0:
        return table.as_view
    files = lake.files(table.name, version)
    if table.grows and sum(file.rows for file in files) > MOST_ROWS:
        return True
    return sum(file.size for file in files) > MOST_HELD[table.grows]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make room in the attached warehouse for what it will remember."""
    if not _remembers_contents(connection):
        drop(connection, PUBLISHED)
        connection.execute(
            f"CREATE TABLE {PUBLISHED} (table_name VARCHAR PRIMARY KEY, lake_version BIGINT, content VARCHAR, "
            "shape VARCHAR, rows BIGINT, deleted_rows BIGINT)"
        )


def published(connection: duckdb.DuckDBPyConnection) -> dict[str, Shown]:
    """What the attached warehouse shows, by table; nothing when an earlier release noted it in another way."""
    if not _remembers_contents(connection):
        return {}
    rows = connection.execute(
        f"SELECT table_name, lake_version, content, shape, rows, deleted_rows FROM warehouse.{PUBLISHED}"
    ).fetchall()
    return {name: Shown(*rest) for name, *rest in rows}


def _remembers_contents(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute(
        "SELECT 1 FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' AND table_name = ? AND column_name = 'content'",
        [PUBLISHED],
    )
    return found.fetchone() is not None


def remember(connection: duckdb.DuckDBPyConnection, name: str, shown: Shown) -> None:
    """Note in the attached warehouse what a table of it shows now."""
    connection.execute(
        f"INSERT OR REPLACE INTO {PUBLISHED} VALUES (?, ?, ?, ?, ?, ?)",
        [name, shown.version, shown.content, shown.shape, shown.rows, shown.deleted_rows],
    )


def show(connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, before: Shown | None, wanted: Shown) -> bool:
    """Make one table of the warehouse, which shows `before`, show what `wanted` says; returns whether it changed."""
    if before is not None and before.is_same(wanted):
        return False
    name, version = identifier(table.name), wanted.version
    rows: int | None = None
    deleted = 0
    if wanted.is_view:
        drop(connection, table.name)
        files = lake.files(table.name, version) if version >= 0 else []
        connection.execute(f"CREATE VIEW {name} AS {select_files(table, files)}")
    else:
        gone = _apply_difference(connection, lake, table, before, wanted)
        if gone is None:
            create_view(connection, lake, table, version if version >= 0 else None, name="lake_rows")
            drop(connection, table.name)
            order = f" ORDER BY {', '.join(map(identifier, table.sort_by))}" if table.sort_by else ""
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM lake_rows{order}")
        elif before is not None:
            deleted = before.deleted_rows + gone
        rows = connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    comment(connection, table, "TABLE" if rows is not None else "VIEW")
    remember(connection, table.name, dataclasses.replace(wanted, rows=rows, deleted_rows=deleted))
    return True


def _apply_difference(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, before: Shown | None, wanted: Shown
) -> int | None:
    """Delete the rows of files that went and insert those of files that came; returns the rows deleted.

    None when starting afresh is cheaper, or the old files are no longer there.
    """
    if before is None or before.rows is None or before.shape != wanted.shape or "://" in lake.url:
        return None
    if before.version < 0 or wanted.version < 0:
        return None
    try:
        if lake.content_of(table.name, before.version) != before.content:
            return None
        then = {file.uri: file for file in lake.files(table.name, before.version)}
    except LakeError:
        # Its log was cleaned up, or this lake never had that version.
        return None
    now = {file.uri: file for file in lake.files(table.name, wanted.version)}
    came = [file for uri, file in now.items() if uri not in then]
    went = [file for uri, file in then.items() if uri not in now]
    gone = sum(file.rows for file in went)
    if 2 * (gone + before.deleted_rows) > before.rows + 1000 or not all(Path(file.uri).exists() for file in went):
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


def drop_unwanted(connection: duckdb.DuckDBPyConnection, before: Iterable[str], wanted: Collection[str]) -> None:
    """Drop what an earlier release showed and this one does not."""
    for name in before:
        if name not in wanted:
            drop(connection, name)
            connection.execute(f"DELETE FROM {PUBLISHED} WHERE table_name = ?", [name])


def drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop the table or view of this name, if there is one."""
    found = connection.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_catalog = 'warehouse' AND table_name = ?", [name]
    ).fetchall()
    if found:
        connection.execute(f"DROP {'VIEW' if found[0][0] == 'VIEW' else 'TABLE'} {identifier(name)}")


def comment(connection: duckdb.DuckDBPyConnection, table: Table, kind: str) -> None:
    """Describe a 'TABLE' or a 'VIEW' and its columns as the lake's schemas do."""
    name = identifier(table.name)
    connection.execute(f"COMMENT ON {kind} {name} IS {literal(table.doc)}")
    for column in table.columns:
        text = f"{column.doc} [{column.unit}]" if column.unit else column.doc
        connection.execute(f"COMMENT ON COLUMN {name}.{identifier(column.name)} IS {literal(text)}")
