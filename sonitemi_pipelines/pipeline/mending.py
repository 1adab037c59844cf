"""Tables that no payload gives again (lists, requests, erasures): what can still be read of them is kept."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pyarrow as pa

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.keys import last_of_each
from sonitemi_pipelines.lake.parquet import DataFile, write_files
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake

log = logging.getLogger(__name__)


def mend(lake: Lake, table: Table) -> list[str]:
    """Take a table's unreadable files out of it, or make a new log for its files where the log is of no use.

    Returns what is lost, in words; nothing of a table that is well.

    Raises:
        LakeError: the log is lost on an object store, or the table cannot be written.
    """
    try:
        handle = lake.open(table.name)
        files = [] if handle is None else lake.files_of(handle)
    except LakeError as error:
        return _adopt(lake, table, error)
    lost = {file.path: file.rows for file in files if not _is_readable(lake, table, file)}
    if not lost:
        return []
    writing.commit(lake, table, lambda _: writing.Edit((), frozenset(lost)))
    return [f"lake table {table.name} lost {sum(lost.values())} rows in {len(lost)} files; {_WAY_OUT}"]


def _adopt(lake: Lake, table: Table, error: LakeError) -> list[str]:
    """Of every key the row written last, from whatever files are in the folder: none of these tables drops rows."""
    folder = Path(lake.location(table.name))
    if not lake.is_local:
        raise LakeError(f"{error}; restore {folder} from a backup") from error
    log.warning("%s; its rows are taken from the files in its folder", error)
    with boundary(f"cannot make a new log for {folder}"):
        paths = sorted(folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
        found = [DataFile(path.name, str(path), -1, path.stat().st_size) for path in paths]
        readable = [file for file in found if _is_readable(lake, table, file)]
        parts = [table.schema.empty_table(), *(lake.read_file(table, file) for file in readable)]
        rows = last_of_each(pa.concat_tables(parts), table.key)
        shutil.rmtree(folder / "_delta_log", ignore_errors=True)
        writing.create(lake, table)
        new = write_files(table, rows, *lake.filesystem(table.name))
    writing.commit(lake, table, lambda _: writing.Edit(new))
    lost = len(found) - len(readable)
    unread = f", {lost} files of it cannot be read" if lost else ""
    return [
        f"lake table {table.name} had lost its log: {rows.num_rows} rows were found in its files{unread}; {_WAY_OUT}"
    ]


def _is_readable(lake: Lake, table: Table, file: DataFile) -> bool:
    try:
        lake.read_file(table, file)
    except LakeError:
        return False
    return True


_WAY_OUT = "restore it from a backup if there is one, or `sonitemi sync` fetches what the vendor still has of it"
