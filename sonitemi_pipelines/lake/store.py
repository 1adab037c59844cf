"""Reading and committing Delta tables: one snapshot for readers, one way to replace rows, no duplicates, no halves."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import filelock
import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    Transaction,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.encoding import writer_properties
from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, TRANSCRIPTS, Table
from sonitemi_pipelines.settings import Settings

log = logging.getLogger(__name__)

PINNED = ("raw_payloads", "spoken_words", "turns", "words")
"""Tables that become visible only with their header: a commit of `transcripts` names their versions."""

_SCHEMA_APP = "sonitemi.lake_schema"
_ATTEMPTS = 12

Snapshot = Mapping[str, int]
"""Table name -> Delta version. A table that is not there has no entry."""


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table version: absolute path or URL, partition values, rows."""

    uri: str
    partition: Mapping[str, Any]
    rows: int


class Lake:
    """The Delta tables under one URL. Cheap to make; keeps the table versions that it read last open to read again."""

    def __init__(self, url: str, *, lock_folder: Path | None = None) -> None:
        """Args:
        url: folder or object-store URL of the lake.
        lock_folder: where writers of this machine queue; None where there is no shared disk, and Delta's own
            conflict detection is all there is.
        """
        self.url = url.rstrip("/")
        self._lock_folder = lock_folder
        # Never written through: that would move a handle to another version.
        self._read: dict[str, DeltaTable] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Lake:
        """Raises:
        LakeError: the home folder cannot be made or written to.
        """
        if not settings.home_is_local:
            return cls(settings.lake_url)
        locks = Path(settings.home) / "locks"
        try:
            locks.mkdir(parents=True, exist_ok=True)
            if not os.access(locks, os.W_OK) or not os.access(settings.home, os.W_OK):
                raise PermissionError(13, "Permission denied")
        except OSError as error:
            raise LakeError(
                f"cannot write to SONITEMI_HOME={settings.home}: {error.strerror or error}; "
                "set SONITEMI_HOME to a folder you may write to"
            ) from error
        return cls(settings.lake_url, lock_folder=locks)

    def __repr__(self) -> str:
        return f"Lake({self.url!r})"

    # ---- reading

    def location(self, name: str) -> str:
        return f"{self.url}/{name}"

    def open(self, name: str, version: int | None = None) -> DeltaTable | None:
        """A handle on one table, None when it does not exist yet.

        Raises:
            LakeError: it cannot be read, or a newer release wrote it.
        """
        try:
            table = DeltaTable(self.location(name), version=version)
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise LakeError(
                f"lake table {name} at {self.location(name)} cannot be read: {_one_line(error)}; "
                "restore it from a backup, or move the lake away and sync again"
            ) from error
        written_by = table.transaction_version(_SCHEMA_APP) or LAKE_SCHEMA_VERSION
        if written_by > LAKE_SCHEMA_VERSION:
            raise LakeError(
                f"lake table {name} at {self.location(name)} has schema version {written_by}, this release knows "
                f"{LAKE_SCHEMA_VERSION}; install a newer sonitemi-pipelines"
            )
        return table

    def snapshot(self, names: Sequence[str]) -> Snapshot:
        """One consistent cut: turns, words and raw payloads as of the newest committed transcript headers."""
        versions: dict[str, int] = {}
        of_transcripts = {TRANSCRIPTS.name, *PINNED}
        header = self._newest(TRANSCRIPTS.name) if of_transcripts.intersection(names) else None
        for name in names:
            if name in PINNED:
                pinned = header.transaction_version(name) if header is not None else None
                if pinned is not None:
                    versions[name] = pinned
            elif name == TRANSCRIPTS.name:
                if header is not None:
                    versions[name] = header.version()
            elif (table := self._newest(name)) is not None:
                versions[name] = table.version()
        return versions

    def _newest(self, name: str) -> DeltaTable | None:
        table = self.open(name)
        if table is not None:
            self._read[name] = table
        return table

    def _at(self, name: str, version: int) -> DeltaTable:
        table = self._read.get(name)
        if table is None or table.version() != version:
            table = self.open(name, version)
            if table is None:
                raise LakeError(f"lake table {name} at {self.location(name)} is gone; sync again")
            self._read[name] = table
        return table

    def content_of(self, name: str, version: int) -> str:
        """The same text for the same data files: versions are numbers that a restored or a new lake has again."""
        paths = pa.table(self._at(name, version).get_add_actions(flatten=True))["path"].to_pylist()
        return hashlib.sha256("\n".join(sorted(map(str, paths))).encode()).hexdigest()

    def files(self, name: str, version: int) -> list[DataFile]:
        """The data files of one version of a table."""
        actions = pa.table(self._at(name, version).get_add_actions(flatten=True)).to_pylist()
        prefix = "partition."
        return [
            DataFile(
                uri=f"{self.location(name)}/{unquote(action['path'])}",
                partition={key.removeprefix(prefix): value for key, value in action.items() if key.startswith(prefix)},
                rows=action["num_records"],
            )
            for action in actions
        ]

    def read(
        self,
        table: Table,
        columns: Sequence[str] | None = None,
        filters: Any = None,
        *,
        version: int | None = None,
    ) -> pa.Table:
        """Rows of a table, by default of the newest snapshot; empty when there is none.

        Args:
            filters: as `pyarrow.parquet.read_table` takes them.
        """
        wanted = list(columns) if columns is not None else table.schema.names
        schema = pa.schema([table.schema.field(name) for name in wanted])
        if version is None:
            version = self.snapshot([table.name]).get(table.name)
        if version is None:
            return schema.empty_table()
        return self._at(table.name, version).to_pyarrow_table(columns=wanted, filters=filters).cast(schema)

    # ---- writing

    @property
    def has_locks(self) -> bool:
        """Whether writers of this lake share a lock folder."""
        return self._lock_folder is not None

    @contextmanager
    def lock(self, name: str, *, patience: float = 600.0) -> Iterator[None]:
        """Let one process of this machine at a time do what `name` stands for; the kernel frees it when one dies.

        Raises:
            LakeError: another process held it for all of `patience` seconds.
        """
        if self._lock_folder is None:
            yield
            return
        path = self._lock_folder / f"{name}.lock"
        try:
            with filelock.FileLock(path, timeout=patience):
                yield
        except filelock.Timeout as error:
            raise LakeError(f"another process holds {path} for {patience:.0f} s; wait until it ends") from error

    def replace(
        self, table: Table, rows: pa.Table, where: str, *, transactions: Mapping[str, int] | None = None
    ) -> int:
        """Put `rows` in place of all that match `where`, in one commit; returns the new version.

        A conflict with another writer is tried again from a fresh handle. Every row must match `where`.
        """
        return self._commit(table, rows, "overwrite", where, transactions)

    def append(self, table: Table, rows: pa.Table, *, transactions: Mapping[str, int] | None = None) -> int:
        """Add rows in one commit; returns the new version."""
        return self._commit(table, rows, "append", None, transactions)

    def overwrite(self, table: Table, rows: pa.Table, *, transactions: Mapping[str, int] | None = None) -> int:
        """Make `rows` all there is in the table, in one commit; returns the new version."""
        return self._commit(table, rows, "overwrite", None, transactions)

    def _commit(
        self,
        table: Table,
        rows: pa.Table,
        mode: Literal["append", "overwrite"],
        where: str | None,
        transactions: Mapping[str, int] | None,
    ) -> int:
        rows = rows.select(table.schema.names).cast(table.schema)
        if table.sort_by:
            rows = rows.sort_by([(name, "ascending") for name in table.sort_by])
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                handle = self.open(table.name)
                if handle is None:
                    handle = self._create(table)
                apps = [
                    Transaction(app, self._not_before(handle, table, app, version))
                    for app, version in (transactions or {}).items()
                ]
                properties = CommitProperties(app_transactions=apps, max_commit_retries=0)
                write_deltalake(
                    handle,
                    rows,
                    mode=mode,  # type: ignore[arg-type]
                    predicate=where,
                    # A mart whose definition changed may have other columns than before.
                    schema_mode="overwrite" if mode == "overwrite" and where is None else None,
                    writer_properties=writer_properties(table),
                    commit_properties=properties,
                )
                return handle.version()
            except CommitFailedError as error:
                if attempt == _ATTEMPTS:
                    raise LakeError(
                        f"lake table {table.name}: other writers kept getting in first; try again"
                    ) from error
                log.info("lake table %s changed under this writer; trying again (%d)", table.name, attempt)
                time.sleep(random.uniform(0.05, 0.2) * attempt)
            except (DeltaError, OSError) as error:
                raise LakeError(
                    f"cannot write lake table {table.name} at {self.location(table.name)}: {_one_line(error)}; "
                    "check the disk or bucket, its free space and its rights"
                ) from error
        raise AssertionError("unreachable")

    def _not_before(self, handle: DeltaTable, table: Table, app: str, version: int) -> int:
        """The version of another table to name. Without locks another writer's headers may name a newer one already,
        which holds this writer's rows too; naming the older one would take that writer's from sight.
        """
        named = handle.transaction_version(app) if table.name == TRANSCRIPTS.name and not self.has_locks else None
        return version if named is None else max(version, named)

    def _create(self, table: Table) -> DeltaTable:
        configuration = {"delta.logRetentionDuration": "interval 30 days"}
        # The log keeps statistics for long, so they hold no content that an erasure would have to find: only ids.
        if table.partition_by:
            configuration["delta.dataSkippingStatsColumns"] = "recording_id"
        else:
            configuration["delta.dataSkippingNumIndexedCols"] = "0"
        return DeltaTable.create(
            self.location(table.name),
            schema=table.schema,
            partition_by=list(table.partition_by) or None,
            description=table.doc,
            mode="ignore",
            configuration=configuration,
            commit_properties=CommitProperties(app_transactions=[Transaction(_SCHEMA_APP, LAKE_SCHEMA_VERSION)]),
        )


def _one_line(error: Exception) -> str:
    """What is wrong, without the native stack that may follow."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
