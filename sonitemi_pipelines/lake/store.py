"""Reading and committing Delta tables: one snapshot for readers, one way to change rows, no duplicates, no halves."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.fs as pafs
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow.parquet import filters_to_expression

from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake import probe, register, writing
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.locks import hold
from sonitemi_pipelines.lake.neighbours import identity, only_rearranged, refuse_unpinned, refuse_unreadable
from sonitemi_pipelines.lake.parquet import DataFile, write_files
from sonitemi_pipelines.lake.private import as_private_as, make_private
from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.upgrade import SCHEMA_APP, columns_since
from sonitemi_pipelines.settings import Settings

__all__ = ["PINNED", "DataFile", "Lake", "Snapshot"]

log = logging.getLogger(__name__)

PINNED = ("raw_payloads", "split_words", "turns", "words")
"""Tables that become visible only with their header: a commit of `transcripts` names their versions."""

Snapshot = Mapping[str, int]
"""Table name -> Delta version. A table that is not there has no entry."""


class Lake:
    """The Delta tables under one URL. Cheap to make; keeps the table versions that it read last open to read again."""

    def __init__(self, url: str, *, lock_folder: Path | None = None, home: Path | None = None) -> None:
        """Args:
        url: folder or object-store URL of the lake.
        lock_folder: where writers of this machine queue; None where there is no shared disk, and Delta's own
            conflict detection is all there is.
        home: folder whose mode says who may read what is written; None where the umask says it.
        """
        self.url = url.rstrip("/")
        if self.url.startswith(("s3://", "s3a://")):
            # Without keys the client would ask a metadata service, for seconds, on machines that have none.
            environment().setdefault("AWS_EC2_METADATA_DISABLED", "true")
        self._lock_folder = lock_folder
        self._home = home
        # Never written through: that would move a handle to another version.
        self._read: dict[str, DeltaTable] = {}
        self._newest: dict[str, DeltaTable] = {}
        self._commits: dict[str, tuple[int, int, int] | None] = {}
        self._stores: dict[str, pafs.FileSystem] = {}
        self._rearranged: dict[tuple[str, int, int], bool] = {}
        self._is_proven = self.is_local

    @classmethod
    def from_settings(cls, settings: Settings) -> Lake:
        """Raises:
        LakeError: the home folder cannot be made or written to.
        """
        if not settings.home_is_local:
            return cls(settings.lake_url)
        locks = Path(settings.home) / "locks"
        way_out = "set SONITEMI_HOME to a folder you may write to"
        with boundary(f"cannot write to SONITEMI_HOME={settings.home}", way_out=way_out):
            make_private(Path(settings.home))
            with as_private_as(Path(settings.home)):
                locks.mkdir(parents=True, exist_ok=True)
            if not os.access(settings.home, os.W_OK):
                raise LakeError(f"cannot write to SONITEMI_HOME={settings.home}: Permission denied; {way_out}")
            if not os.access(locks, os.W_OK):
                raise LakeError(f"cannot write to {locks}: it belongs to somebody else; run as its owner, or {way_out}")
        return cls(settings.lake_url, lock_folder=locks, home=Path(settings.home))

    def __repr__(self) -> str:
        return f"Lake({self.url!r})"

    @property
    def home(self) -> Path | None:
        """The folder of this machine that holds the lake and what belongs to it; None of a lake in an object store."""
        return self._home

    @property
    def is_local(self) -> bool:
        """Whether the lake is a folder, whose files other programs can read by path."""
        return "://" not in self.url

    # ---- reading

    def location(self, name: str) -> str:
        return f"{self.url}/{name}"

    def filesystem(self, name: str) -> tuple[pafs.FileSystem, str]:
        """Where the files of a table are: a file system, and the table's folder in it."""
        if self.is_local:
            return pafs.LocalFileSystem(), self.location(name)
        if name not in self._stores:
            self._stores[name] = pafs.PyFileSystem(DeltaStorageHandler(self.location(name)))
        return self._stores[name], ""

    def open(self, name: str, version: int | None = None) -> DeltaTable | None:
        """A handle on one table, None when it does not exist yet.

        Raises:
            LakeError: it is lost or cannot be read, or a newer release or another tool wrote it in a way that this one
                does not know.
        """
        location = self.location(name)
        with boundary(f"lake table {name} at {location} cannot be read", way_out=_MENDING):
            try:
                table = DeltaTable(location, version=version)
            except TableNotFoundError:
                if self.is_local and any(Path(location).glob("*.parquet")):
                    raise LakeError(
                        f"lake table {name} at {location} has data files and no log that names them; {_MENDING}"
                    ) from None
                if register.was_there(self, name):
                    raise LakeError(f"lake table {name} at {location} is gone; {_MENDING}") from None
                return None
            written_by = table.transaction_version(SCHEMA_APP) or LAKE_SCHEMA_VERSION
            if written_by > LAKE_SCHEMA_VERSION:
                raise LakeError(
                    f"lake table {name} at {location} has schema version {written_by}, this release knows "
                    f"{LAKE_SCHEMA_VERSION}; install a newer sonitemi-pipelines"
                )
            refuse_unreadable(table, name, location)
            return table

    def snapshot(self, names: Sequence[str]) -> Snapshot:
        """One consistent cut: turns, words and raw payloads as of the newest committed transcript headers."""
        versions: dict[str, int] = {}
        of_transcripts = {TRANSCRIPTS.name, *PINNED}
        header = self.newest(TRANSCRIPTS.name) if of_transcripts.intersection(names) else None
        for name in names:
            if name in PINNED:
                pinned = header.transaction_version(name) if header is not None else None
                if pinned is not None:
                    versions[name] = self._visible(name, pinned)
                elif header is not None:
                    refuse_unpinned(header, name, self.location(TRANSCRIPTS.name))
            elif name == TRANSCRIPTS.name:
                if header is not None:
                    versions[name] = header.version()
            elif (table := self.newest(name)) is not None:
                versions[name] = table.version()
        return versions

    def newest(self, name: str) -> DeltaTable | None:
        """As `open`, a handle that others have too: do nothing with it that moves it to another version. One look at
        the log tells whether what it has is newest.
        """
        table, commit = self._newest.get(name), self._commits.get(name)
        if (
            table is not None
            and not self._has_commit(name, table.version() + 1)
            and (not self.is_local or (commit is not None and commit == self._commit_file(name, table.version())))
        ):
            return table
        table = self.open(name)
        if table is not None:
            self._newest[name] = self._read[name] = table
            if self.is_local:
                self._commits[name] = self._commit_file(name, table.version())
        return table

    def _commit_file(self, name: str, version: int) -> tuple[int, int, int] | None:
        return identity(f"{self.location(name)}/_delta_log/{version:020d}.json")

    def _has_commit(self, name: str, version: int) -> bool:
        if self.is_local:
            return self._commit_file(name, version) is not None
        filesystem, _ = self.filesystem(name)
        with boundary(f"lake table {name} at {self.location(name)} cannot be read", way_out=_MENDING):
            try:
                filesystem.open_input_file(f"_delta_log/{version:020d}.json").close()
            except FileNotFoundError:
                return False
        return True

    def _visible(self, name: str, pinned: int) -> int:
        """The pinned version, or the newest when all that came after it is rearrangement: the same rows in other
        files, of which those of the pinned version may be gone already.
        """
        newest = self.newest(name)
        if newest is None or newest.version() <= pinned:
            return pinned
        key = (name, pinned, newest.version())
        if key not in self._rearranged:
            self._rearranged[key] = only_rearranged(*self.filesystem(name), *key[1:])
        if self._rearranged[key]:
            self._read[name] = newest
            return newest.version()
        return pinned

    def at(self, name: str, version: int) -> DeltaTable:
        """One version of a table, for reading."""
        table = self._read.get(name)
        if table is None or table.version() != version:
            table = self.open(name, version)
            if table is None:
                raise LakeError(f"lake table {name} at {self.location(name)} is gone; {_MENDING}")
            self._read[name] = table
        return table

    def content_of(self, name: str, version: int) -> str:
        """The same text for the same data files: versions are numbers that a restored or a new lake has again."""
        paths = sorted(file.path for file in self.files(name, version))
        return hashlib.sha256("\n".join(paths).encode()).hexdigest()

    def files(self, name: str, version: int) -> list[DataFile]:
        """The data files of one version of a table."""
        return self.files_of(self.at(name, version))

    def files_of(self, handle: DeltaTable) -> list[DataFile]:
        """The data files that an open table names."""
        location = handle.table_uri.rstrip("/")
        location = self.location(location.rpartition("/")[2])
        files = []
        for action in pa.table(handle.get_add_actions(flatten=True)).to_pylist():
            files.append(
                DataFile(
                    path=action["path"],
                    uri=f"{location}/{unquote(action['path'])}",
                    rows=action["num_records"] if action["num_records"] is not None else -1,
                    size=action["size_bytes"],
                    stats={
                        key: value
                        for key, value in action.items()
                        if key.startswith(("min.", "max.")) and value is not None
                    },
                    partition={
                        key.removeprefix("partition."): value
                        for key, value in action.items()
                        if key.startswith("partition.")
                    },
                    modified_ms=action["modification_time"],
                )
            )
        return files

    def read(
        self,
        table: Table,
        columns: Sequence[str] | None = None,
        filters: Any = None,
        *,
        version: int | None = None,
    ) -> pa.Table:
        """Rows of a table, by default of the newest snapshot; empty when there is none.

        A column that a version has not yet is NULL.

        Args:
            filters: as `pyarrow.parquet.read_table` takes them.
        """
        wanted = list(columns) if columns is not None else table.schema.names
        schema = pa.schema([table.schema.field(name) for name in wanted])
        if version is None:
            version = self.snapshot([table.name]).get(table.name)
        if version is None:
            return schema.empty_table()
        with self.reading(table.name):
            handle = self.at(table.name, version)
            import pyarrow.dataset as ds

            if not columns_since(table, {field.name for field in handle.schema().fields}):
                return handle.to_pyarrow_table(columns=wanted, filters=filters).cast(schema)
            where = filters if filters is None or isinstance(filters, ds.Expression) else filters_to_expression(filters)
            data: Any = handle.to_pyarrow_dataset().replace_schema(table.schema)  # type: ignore[func-returns-value]
            rows: pa.Table = data.to_table(columns=wanted, filter=where)
            return rows.cast(schema)

    def read_file(
        self,
        table: Table,
        file: DataFile,
        columns: Sequence[str] | None = None,
        where: Any = None,
        *,
        encoded: Collection[str] = (),
    ) -> pa.Table:
        """Rows of one data file that match the Arrow expression `where`; a column that it has not yet is NULL.

        Args:
            encoded: columns of text that are wanted as dictionaries, as the file has them.
        """
        # Here, not at the top: it brings pandas along, and many a process reads nothing.
        import pyarrow.dataset as ds

        filesystem, root = self.filesystem(table.name)
        wanted = list(columns) if columns is not None else table.schema.names
        path = file.below(root)
        schema = pa.schema([_encoded(field) if field.name in encoded else field for field in table.schema])
        with self.reading(table.name):
            options = ds.ParquetFileFormat(dictionary_columns=list(encoded))
            data = ds.dataset(path, schema=schema, format=options, filesystem=filesystem)
            rows = data.to_table(columns=wanted, filter=where)
            return rows.cast(pa.schema([schema.field(name) for name in wanted]))

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Turn what goes wrong while files of a table are read into one line."""
        with boundary(f"cannot read lake table {name} at {self.location(name)}", way_out=_MENDING):
            yield

    # ---- writing

    @property
    def has_locks(self) -> bool:
        """Whether writers of this lake share a lock folder."""
        return self._lock_folder is not None

    @contextmanager
    def lock(
        self, name: str, *, patience: float = 600.0, on_wait: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Let one process of this machine at a time do what `name` stands for; the kernel frees it when one dies.

        Args:
            on_wait: called once, before waiting, with who holds it: 'process 4711 (sonitemi sync, since 10:21 UTC)'.

        Raises:
            LakeError: another process held it for all of `patience` seconds, or the file system has no locks.
        """
        if self._lock_folder is None:
            yield
            return
        with hold(self._lock_folder / f"{name}.lock", patience, on_wait, self.privately):
            yield

    def privately(self) -> AbstractContextManager[None]:
        """What is written within it may be read by whom the home folder is open to, and nobody else."""
        return nullcontext() if self._home is None else as_private_as(self._home)

    def before_commit(self) -> None:
        """Make sure, once and before anything is committed, that the store tells two writers of one version apart."""
        if not self._is_proven:
            probe.prove(self.url)
            self._is_proven = True

    def append(self, table: Table, rows: pa.Table, *, transactions: Mapping[str, int] | None = None) -> int:
        """Add rows in one commit; returns the new version."""
        return self.put(table, rows, table.schema.empty_table().select(table.key), transactions=transactions)

    def put(
        self,
        table: Table,
        rows: pa.Table,
        keys: pa.Table | None = None,
        *,
        transactions: Mapping[str, int] | None = None,
        base: int = writing.NEWEST,
        follow: int | None = None,
    ) -> int:
        """Put `rows` in place of all rows whose key is in `keys`, in one commit; returns the new version.

        A conflict with another writer is tried again from what is there then.

        Args:
            keys: any columns of the table; default: the keys of `rows`.
            transactions, base, follow: as `writing.commit` takes them.
        """
        rows = table.typed(rows)
        keys = table.plain(rows).select(list(table.key)) if keys is None else keys
        plan = writing.putting(self, table, rows, keys)
        return writing.commit(self, table, plan, transactions=transactions, base=base, follow=follow)

    def remove(
        self,
        table: Table,
        where: Any,
        bounds: Mapping[str, tuple[Any, Any]] | None = None,
        *,
        base: int = writing.NEWEST,
    ) -> int:
        """Take away all rows that match `where`, in one commit; returns the new version.

        Args:
            bounds: what is known of `recording_id` and `day` of such rows, so that fewer files are read.
        """
        return writing.commit(self, table, writing.removing(self, table, where, bounds or {}), base=base)

    def overwrite(self, table: Table, rows: pa.Table, *, transactions: Mapping[str, int] | None = None) -> int:
        """Make `rows` all there is in the table, in one commit, whatever columns it had; returns the new version."""
        rows = table.typed(rows)
        with boundary(f"cannot write lake table {table.name} at {self.location(table.name)}"), self.privately():
            self.before_commit()
            writing.make(self, table)
            filesystem, root = self.filesystem(table.name)
            files = write_files(table, rows, filesystem, root)
        return writing.replace_all(self, table, files, transactions)


def _encoded(field: pa.Field[Any]) -> pa.Field[Any]:
    return field.with_type(pa.dictionary(pa.int32(), field.type))


_MENDING = "`sonitemi doctor` says what is lost; restore it from a backup, or run `sonitemi rebuild`"
