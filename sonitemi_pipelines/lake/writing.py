"""How a table changes: files are written first, then one commit names those that came and those that went.

A commit is made against the one version that it was planned from. When another writer was quicker it is planned again
from what is there then, so that nothing is lost or doubled. What a killed writer left of a batch is in no version that
anybody sees, and the next commit leaves it out.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.parquet import DataFile, flush, write_files
from sonitemi_pipelines.lake.private import Guarded, privately
from sonitemi_pipelines.lake.rewriting import Rewriting, Sought
from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, Table
from sonitemi_pipelines.lake.upgrade import SCHEMA_APP, add_columns, columns_since

log = logging.getLogger(__name__)

NEWEST: Final = -1
NOTHING: Final = -2
"""What a change may start from beside a version: what the table holds now, or nothing at all."""
_ATTEMPTS = 12
_CONFIGURATION: dict[str, str | None] = {"delta.logRetentionDuration": "interval 30 days"}


class Store(Guarded, Protocol):
    """The lake, as far as a commit needs it."""

    url: str

    @property
    def is_local(self) -> bool: ...

    def location(self, name: str) -> str: ...

    def filesystem(self, name: str) -> tuple[pafs.FileSystem, str]: ...

    def open(self, name: str, version: int | None = None) -> DeltaTable | None: ...

    def newest(self, name: str) -> DeltaTable | None: ...

    def files(self, name: str, version: int) -> list[DataFile]: ...

    def files_of(self, handle: DeltaTable) -> list[DataFile]: ...

    def read_file(
        self, table: Table, file: DataFile, columns: Sequence[str] | None = None, where: Any = None
    ) -> pa.Table: ...

    def reading(self, name: str) -> AbstractContextManager[None]: ...

    def before_commit(self) -> None: ...


@dataclass(frozen=True)
class Edit:
    """Files that come, and paths of those that go."""

    added: Sequence[DataFile] = ()
    removed: frozenset[str] = field(default_factory=frozenset)


Plan = Callable[[Sequence[DataFile]], Edit]
"""From the files that a change starts from to what it does to them."""


class ConflictError(LakeError):
    """Another writer was quicker at a version that a commit had to follow."""


@privately
def commit(
    lake: Store,
    table: Table,
    plan: Plan,
    *,
    transactions: Mapping[str, int] | None = None,
    base: int = NEWEST,
    follow: int | None = None,
    data_change: bool = True,
    attempts: int = _ATTEMPTS,
) -> int:
    """Apply a plan to a table in one commit; returns the version that holds the outcome.

    Args:
        transactions: app transactions to put down with it.
        base: the version whose files the plan starts from; what newer versions added is left out.
        follow: the version that the commit must come right after.
        data_change: False for a change of files that leaves every row as it was.

    Raises:
        ConflictError: another writer came between `follow` and this commit, or was quicker `attempts` times.
        LakeError: the table cannot be read or written.
    """
    doing = f"cannot write lake table {table.name} at {lake.location(table.name)}"
    lake.before_commit()
    for attempt in range(1, attempts + 1):
        handle = make(lake, table)
        if follow is not None and handle.version() != follow:
            raise ConflictError(f"{doing}: another writer was quicker; run again")
        _check_shape(table, handle, doing)
        newest = {file.path: file for file in lake.files_of(handle)}
        if base == NEWEST:
            start = newest
        else:
            start = {} if base == NOTHING else {file.path: file for file in lake.files(table.name, base)}
        with boundary(doing):
            edit = plan(list(start.values()))
            target = {path: file for path, file in start.items() if path not in edit.removed}
            target |= {file.path: file for file in edit.added}
            actions: list[AddAction | RemoveAction] = [
                _add(file, data_change) for path, file in target.items() if path not in newest
            ]
            actions += [_remove(file, data_change) for path, file in newest.items() if path not in target]
            if not actions and not transactions:
                return handle.version()
            if edit.added and "://" not in lake.url:
                # That a file is on the disk does not mean that its name is.
                flush(lake.location(table.name))
            try:
                handle.create_write_transaction(
                    actions,
                    "append",
                    Schema.from_arrow(table.schema),
                    commit_properties=_properties(transactions),
                )
            except CommitFailedError:
                log.info("lake table %s changed under this writer; trying again (%d)", table.name, attempt)
                if follow is None and attempt < attempts:
                    time.sleep(random.uniform(0.05, 0.2) * attempt)
            else:
                flush_log(lake, table, handle.version() + 1)
                return handle.version() + 1
    raise ConflictError(f"{doing}: other writers kept getting in first; try again")


@privately
def replace_all(
    lake: Store,
    table: Table,
    files: Sequence[DataFile],
    transactions: Mapping[str, int] | None = None,
) -> int:
    """Make `files` all that a table has, in one commit, whatever columns and layout it had; returns the new version."""
    if _has_shape(table, make(lake, table)):
        return commit(
            lake,
            table,
            lambda old: Edit(files, frozenset(file.path for file in old)),
            transactions=transactions,
        )
    doing = f"cannot write lake table {table.name} at {lake.location(table.name)}"
    with boundary(doing):
        lake.before_commit()
        try:
            create_table_with_add_actions(
                lake.location(table.name),
                Schema.from_arrow(table.schema),
                [_add(file, data_change=True) for file in files],
                mode="overwrite",
                partition_by=[],
                description=table.doc,
                configuration=_configuration(table),
                commit_properties=_properties({**(transactions or {}), SCHEMA_APP: LAKE_SCHEMA_VERSION}),
            )
        except CommitFailedError as error:
            raise ConflictError(f"{doing}: another writer was quicker; run again") from error
    again = lake.open(table.name)
    assert again is not None
    flush_log(lake, table, again.version())
    return again.version()


def putting(lake: Store, table: Table, rows: pa.Table, keys: pa.Table) -> Plan:
    """The plan to take away all rows whose key is in `keys` and add `rows`: only files that hold such rows are
    written anew, and what replaces a row stands where it stood.
    """

    def plan(files: Sequence[DataFile]) -> Edit:
        sought = Sought(keys)
        filesystem, root = lake.filesystem(table.name)
        added: list[DataFile] = []
        removed: set[str] = set()
        rest = rows
        for file in files:
            if not sought.may_be_in(file):
                continue
            with lake.reading(table.name):
                rewriting = Rewriting(lake, table, file, sought)
                if rewriting.is_hit:
                    removed.add(file.path)
                    new, rest = rewriting.write(table.plain(rest))
                    added += new
        return Edit([*added, *write_files(table, rest, filesystem, root)], frozenset(removed))

    return plan


def removing(lake: Store, table: Table, where: Any, bounds: Mapping[str, tuple[object, object]]) -> Plan:
    """The plan to take away all rows that match `where`, which only rows within `bounds` do."""

    def plan(files: Sequence[DataFile]) -> Edit:
        filesystem, root = lake.filesystem(table.name)
        added: list[DataFile] = []
        removed: set[str] = set()
        for file in files:
            if not file.may_hold(bounds):
                continue
            # A row for which the condition is unknown does not match it.
            kept = lake.read_file(table, file, where=~pc.coalesce(where, pa.scalar(False)))
            if kept.num_rows != file.rows:
                removed.add(file.path)
                added += write_files(table, kept, filesystem, root)
        return Edit(added, frozenset(removed))

    return plan


@privately
def make(lake: Store, table: Table) -> DeltaTable:
    """The table, made empty if it is not there, with the columns of this release; the handle is not for you alone."""
    handle = lake.newest(table.name)
    if handle is not None and columns_since(table, {field.name for field in handle.schema().fields}):
        # To add them moves the handle.
        handle = lake.open(table.name)
    if handle is not None:
        with boundary(f"cannot add columns to lake table {table.name} at {lake.location(table.name)}"):
            before = handle.version()
            handle = add_columns(table, handle)
            if handle.version() != before:
                flush_log(lake, table, before + 1)
            return handle
    return create(lake, table)


@privately
def create(lake: Store, table: Table) -> DeltaTable:
    """The table, made empty whatever data files lie in its folder; call only where it has no log."""
    with boundary(f"cannot make lake table {table.name} at {lake.location(table.name)}"):
        lake.before_commit()
        handle = DeltaTable.create(
            lake.location(table.name),
            schema=table.schema,
            description=table.doc,
            mode="ignore",
            configuration=_configuration(table),
            commit_properties=CommitProperties(app_transactions=[Transaction(SCHEMA_APP, LAKE_SCHEMA_VERSION)]),
        )
        flush_log(lake, table, 0)
        if "://" not in lake.url:
            flush(lake.location(table.name))
            flush(lake.url)
        return handle


def _configuration(table: Table) -> dict[str, str | None]:
    # For other tools that write here: their statistics, too, stay in the log for long.
    logged = [name for name in ("recording_id", "day") if table.grows and name in table.schema.names]
    if logged:
        return {**_CONFIGURATION, "delta.dataSkippingStatsColumns": ",".join(logged)}
    return {**_CONFIGURATION, "delta.dataSkippingNumIndexedCols": "0"}


def _has_shape(table: Table, handle: DeltaTable) -> bool:
    if handle.metadata().partition_columns:
        return False
    there = {field.name: field.type for field in handle.schema().fields}
    ours = {field.name: field.type for field in Schema.from_arrow(table.schema).fields}
    return there == ours


def _check_shape(table: Table, handle: DeltaTable, doing: str) -> None:
    if not _has_shape(table, handle):
        raise LakeError(f"{doing}: its columns or its layout are not those of this release; run `sonitemi maintain`")


def _properties(transactions: Mapping[str, int] | None) -> CommitProperties:
    apps = [Transaction(app, version) for app, version in (transactions or {}).items()]
    return CommitProperties(app_transactions=apps, max_commit_retries=0)


def _add(file: DataFile, data_change: bool) -> AddAction:
    partition = {name: None if value is None else str(value) for name, value in file.partition.items()}
    return AddAction(file.path, file.size, partition, file.modified_ms, data_change, file.logged_stats)


def _remove(file: DataFile, data_change: bool) -> RemoveAction:
    partition = {name: None if value is None else str(value) for name, value in file.partition.items()}
    return RemoveAction(file.path, data_change, int(time.time() * 1000), file.size, partition)


def flush_log(lake: Store, table: Table, since: int) -> None:
    """Have the disk keep what the log of a table got from a version on: commits, checkpoints, and where they stand."""
    if "://" in lake.url:
        return
    folder = f"{lake.location(table.name)}/_delta_log"
    for name in os.listdir(folder):
        number = name.partition(".")[0]
        if name == "_last_checkpoint" or (number.isdigit() and int(number) >= since):
            with contextlib.suppress(FileNotFoundError):
                flush(f"{folder}/{name}")
    flush(folder)
