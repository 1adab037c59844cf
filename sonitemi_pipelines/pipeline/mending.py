"""Tables that no payload gives again (lists, requests, erasures): what can still be read of them is kept."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import LakeError, SonitemiError
from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.consistency import few
from sonitemi_pipelines.lake.keys import last_of_each, without
from sonitemi_pipelines.lake.parquet import DataFile, write_files
from sonitemi_pipelines.lake.scan import identifier
from sonitemi_pipelines.lake.schemas import FORGOTTEN, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.whole import unlisted_ids
from sonitemi_pipelines.vendors import Vendor
from sonitemi_pipelines.warehouse import open_warehouse

log = logging.getLogger(__name__)

_AS_THE_HEADER_SAYS = ("language", "duration_ms", "day")


class Shown:
    """What the warehouse shows of tables that are lost: a second copy of all that does not grow with the words."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse

    def rows(self, table: Table) -> pa.Table:
        """Its rows as of the last publication; none where the warehouse cannot tell."""
        names = ", ".join(identifier(column.name) for column in table.columns)
        try:
            with open_warehouse(self._warehouse) as connection:
                found: Any = connection.sql(f"SELECT {names} FROM {identifier(table.name)}").to_arrow_table()
            return table.typed(found)
        except (SonitemiError, duckdb.Error, pa.ArrowException) as error:
            log.info("the warehouse shows no rows of %s: %s", table.name, error)
            return table.schema.empty_table()


def mend(lake: Lake, table: Table, shown: Shown) -> list[str]:
    """Take a table's unreadable files out of it, or make a new log for its files where the log is of no use. Rows that
    the warehouse shows and no file holds any more come back from there.

    Returns what is lost, in words; nothing of a table that is well.

    Raises:
        LakeError: the log is lost on an object store, or the table cannot be written.
    """
    try:
        handle = lake.open(table.name)
        files = [] if handle is None else lake.files_of(handle)
    except LakeError as error:
        return _adopt(lake, table, error, shown)
    lost = {file.path: file.rows for file in files if not _is_readable(lake, table, file)}
    if not lost:
        return []
    writing.commit(lake, table, lambda _: writing.Edit((), frozenset(lost)))
    copied = without(shown.rows(table), lake.read(table, table.key))
    lake.append(table, copied)
    return [
        f"lake table {table.name} lost {sum(lost.values())} rows in {len(lost)} files, {copied.num_rows} came back "
        f"from the warehouse; {_way_out(table)}"
    ]


def bring_forward(lake: Lake, table: Table, shown: Shown) -> list[str]:
    """Bring back the rows that a table had when it was published last, where it lost its commits since then. Returns
    what came back, in words.
    """
    rows = shown.rows(table)
    if not rows.num_rows:
        return []
    lake.put(table, rows)
    since = "what was erased later is to be erased again" if table is FORGOTTEN else "`sonitemi sync` reads the rest"
    return [f"lake table {table.name} had lost its last commits: the warehouse's rows are in it again; {since}"]


def list_again(lake: Lake, vendor: Vendor, shown: Shown) -> list[str]:
    """Give every recording that has a transcript its row in the vendor's list again: as the warehouse shows it, or with
    what the header says. The next sync asks the vendor for it.
    """
    table, key = vendor.list_table, vendor.id_column
    missing = unlisted_ids(lake, vendor)
    if not missing:
        return []
    ids = pa.array(missing, pa.string())
    copied = shown.rows(table)
    copied = copied.filter(pc.is_in(copied[key], ids))
    headers = lake.read(TRANSCRIPTS, ["recording_id", "title", "language", "duration_ms", "day"], filters=(
        (pc.field("provider") == vendor.name) & pc.field("recording_id").isin(ids)
    ))  # fmt: skip
    headers = last_of_each(headers, ["recording_id"])
    headers = headers.filter(pc.invert(pc.is_in(headers["recording_id"], copied[key].combine_chunks())))
    now = utc_now()
    said = {"status": min(vendor.completed), "first_seen_at": now, "changed_at": now}
    rows = [
        {key: header["recording_id"], "name": header["title"], **{n: header[n] for n in _AS_THE_HEADER_SAYS}, **said}
        for header in headers.to_pylist()
    ]
    names = set(table.schema.names)
    made = table.from_rows([{name: value for name, value in row.items() if name in names} for row in rows])
    lake.append(table, pa.concat_tables([copied, made]))
    return [
        f"{few(missing)} had a transcript and no row in {table.name}: {copied.num_rows} came back from the warehouse, "
        f"{made.num_rows} from their headers; `sonitemi sync` asks {vendor.label} for them"
    ]


def _adopt(lake: Lake, table: Table, error: LakeError, shown: Shown) -> list[str]:
    """Of every key the row written last, from whatever files are in the folder: none of these tables drops rows."""
    folder = Path(lake.location(table.name))
    if not lake.is_local:
        raise LakeError(f"{error}; restore {folder} from a backup") from error
    log.warning("%s; its rows are taken from the files in its folder", error)
    with boundary(f"cannot make a new log for {folder}"):
        paths = sorted(folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
        found = [DataFile(path.name, str(path), -1, path.stat().st_size) for path in paths]
        readable = [file for file in found if _is_readable(lake, table, file)]
        copied = shown.rows(table)
        parts = [copied, *(lake.read_file(table, file) for file in readable)]
        rows = last_of_each(pa.concat_tables(parts), table.key)
        shutil.rmtree(folder / "_delta_log", ignore_errors=True)
        writing.create(lake, table)
        new = write_files(table, rows, *lake.filesystem(table.name))
    writing.commit(lake, table, lambda _: writing.Edit(new))
    lost = len(found) - len(readable)
    unread = f", {lost} files of it cannot be read" if lost else ""
    return [
        f"lake table {table.name} had lost its log: {rows.num_rows} rows were found in its files and the "
        f"warehouse{unread}; {_way_out(table)}"
    ]


def _is_readable(lake: Lake, table: Table, file: DataFile) -> bool:
    try:
        lake.read_file(table, file)
    except LakeError:
        return False
    return True


def _way_out(table: Table) -> str:
    if table is FORGOTTEN:
        return (
            "restore it from a backup, or `sonitemi forget` again what it lacks, before the next sync brings that back"
        )
    return "restore it from a backup if there is one, or `sonitemi sync` fetches what the vendor still has of it"
