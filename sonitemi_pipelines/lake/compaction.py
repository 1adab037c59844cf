"""Merging small files into few sorted ones, so that a day, a recording and a token are found in few places."""

from __future__ import annotations

import datetime as dt
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.parquet import DataFile, write_file
from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.private import privately
from sonitemi_pipelines.lake.scan import identifier, select_files
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake

log = logging.getLogger(__name__)

LEAST_SIZE, GREATEST_SIZE = 2**20, 16 * 2**20
"""A file's size in bytes: a change writes one file anew, so it is small; a query opens all of them, so they are few."""
BYTES_A_ROW = 4
"""What a row counts at least: a change of a file takes each row of it in hand, however well they are compressed."""
TOO_BIG = 3
"""A file of so many times its size is cut into several."""
SMALL = 4
"""A file under one part in so many of that size is small."""
MOST_SMALL = 4
"""So many small files may stand beside the others before they are merged."""
CROWDED = 2
"""A table with so many times the files that its size asks for, small ones aside, is merged whole: so it is once it has
grown to twice its size."""
WORTH_ALL = 8
"""Small files are merged into what they stand beside once they hold one part in so many of it; until then, and once
they are four times as many as may be, with one another."""
MEMORY = ("300MB", "2GB")
"""What a merge may take; the second where rows are too long for the first."""


@dataclass(frozen=True)
class Compaction:
    """Data files of a table before and after; the version made, None when nothing was to be done."""

    before: int
    after: int
    version: int | None = None


def compact(lake: Lake, table: Table, base: int = writing.NEWEST, *, least_size: int = LEAST_SIZE) -> Compaction:
    """Merge small files of a table in one commit that leaves every row as it was.

    Args:
        base: the version whose rows are to stay; of a table that the headers name, the one they name.

    A writer that is quicker is no error: compaction can wait for the next time, its rows cannot.
    """
    handle = lake.open(table.name)
    if handle is None or base == writing.NOTHING:
        return Compaction(0, 0)
    files = lake.files_of(handle) if base == writing.NEWEST else lake.files(table.name, base)
    size = target_size(table, files, least_size)
    groups = to_merge(table, files, size)
    if not groups:
        return Compaction(len(files), len(files))
    added: list[DataFile] = []
    for group in groups:
        with _on_disk(lake, table, group) as source:
            added += rewrite(lake, table, source, group, size)
    removed = frozenset(file.path for group in groups for file in group)
    try:
        version = writing.commit(
            lake,
            table,
            lambda _: writing.Edit(added, removed),
            base=base,
            follow=handle.version(),
            data_change=False,
        )
    except writing.ConflictError:
        log.info("lake table %s changed while it was compacted; left for the next time", table.name)
        return Compaction(len(files), len(files))
    return Compaction(len(files), len(files) - len(removed) + len(added), version)


@contextmanager
def _on_disk(lake: Lake, table: Table, files: Sequence[DataFile]) -> Iterator[str]:
    """SQL of these files, copied here first where they are on an object store: DuckDB's threads and Arrow's, which read
    there by way of Python, were seen to wait for one another for ever.
    """
    if lake.is_local:
        yield select_files(table, files)
        return
    filesystem, root = lake.filesystem(table.name)
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for number, file in enumerate(files):
            path = file.below(root)
            copy = Path(folder, f"{number}.parquet")
            with lake.reading(table.name), filesystem.open_input_file(path) as opened:
                copy.write_bytes(opened.read_buffer())
            copies.append(replace(file, uri=str(copy)))
        yield select_files(table, copies)


def target_size(table: Table, files: Sequence[DataFile], least: int = LEAST_SIZE) -> int:
    """How large a file of this table should be."""
    return max(least, min(GREATEST_SIZE, sum(map(_weight, files)) // table.files))


def _weight(file: DataFile) -> int:
    return max(file.size, BYTES_A_ROW * file.rows)


def to_merge(table: Table, files: Sequence[DataFile], size: int) -> list[list[DataFile]]:
    """Groups of files that are to be written anew together."""
    small = {file.path for file in files if _weight(file) * SMALL < size}
    if not table.grows:
        return [list(files)] if len(small) > MOST_SMALL else []
    if len(files) - len(small) > CROWDED * (sum(map(_weight, files)) / size) + MOST_SMALL:
        return [list(files)]
    big = [file for file in files if _weight(file) > TOO_BIG * size and _has_several(file)]
    groups = [[file] for file in big]
    if len(small) <= MOST_SMALL and not _has_heap([file for file in files if file.path not in small]):
        return groups
    for group in _joined(_months_apart([file for file in files if file not in big]), small):
        few = [file for file in group if file.path in small]
        rest = [file for file in group if file.path not in small]
        if len(few) > MOST_SMALL and WORTH_ALL * sum(map(_weight, few)) < sum(map(_weight, group)):
            groups.append(few if len(few) > 4 * MOST_SMALL else [])
        elif (len(few) > MOST_SMALL or _has_heap(rest)) and len(group) > 1:
            groups.append(group)
    return [group for group in groups if group]


def _has_several(file: DataFile) -> bool:
    """Whether a file holds more than one recording, as far as the log knows: none is cut."""
    least, greatest = file.stats.get("min.recording_id"), file.stats.get("max.recording_id")
    return least is None or least != greatest


@privately
def rewrite(lake: Lake, table: Table, source: Any, files: Sequence[DataFile], size: int) -> list[DataFile]:
    """Write the rows of `source`, SQL or an Arrow dataset, as sorted files of about `size` bytes."""
    doing = f"cannot merge files of lake table {table.name} at {lake.location(table.name)}"
    total = sum(map(_weight, files))
    with boundary(doing):
        for memory in MEMORY[:-1]:
            with suppress(duckdb.OutOfMemoryException):
                return _rewrite(lake, table, source, total, size, memory)
        return _rewrite(lake, table, source, total, size, MEMORY[-1])


def _rewrite(lake: Lake, table: Table, source: Any, total: int, size: int, memory: str) -> list[DataFile]:
    filesystem, root = lake.filesystem(table.name)
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{memory}'; SET temp_directory = {literal(spill)}")
        connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        if isinstance(source, str):
            connection.execute(f"CREATE TEMP VIEW source AS {source}")
        else:
            connection.register("source", source)
        written = []
        there = set(connection.sql("SELECT * FROM source LIMIT 0").columns)
        columns = ", ".join(
            identifier(name) if name in there else f"NULL AS {identifier(name)}" for name in table.schema.names
        )
        keys = ", ".join(f"{identifier(name)} NULLS LAST" for name in table.sort_by)
        order = f" ORDER BY {keys}" if keys else ""
        for where in _pieces(connection, table, total, size):
            rows = connection.sql(f"SELECT {columns} FROM source WHERE {where}{order}")
            # Until DuckDB 1.4 the reader had another name.
            read = getattr(rows, "to_arrow_reader", None) or rows.fetch_record_batch
            new = write_file(table, _typed(table, read(table.row_group)), filesystem, root)
            if new.rows:
                written.append(new)
        return written


def _typed(table: Table, batches: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Row groups of exactly the table's size, in its schema: DuckDB cuts where it likes."""
    waiting: list[pa.Table] = []
    rows = 0
    for batch in batches:
        part = pa.Table.from_batches([batch]).cast(table.schema)
        while rows + part.num_rows >= table.row_group:
            missing = table.row_group - rows
            yield pa.concat_tables([*waiting, part.slice(0, missing)]).combine_chunks()
            waiting, rows, part = [], 0, part.slice(missing)
        if part.num_rows:
            waiting.append(part)
            rows += part.num_rows
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _pieces(connection: duckdb.DuckDBPyConnection, table: Table, total: int, size: int) -> Iterator[str]:
    """Conditions that cut the rows into files: whole months as far as they fit, a big month by recordings, which weigh
    what their rows and texts do.
    """
    if not table.grows:
        yield "true"
        return
    lengths = [f"coalesce(sum(strlen({name})), 0)" for name in ("text",) if name in table.schema.names]
    lengths += [f"coalesce(sum(octet_length({name})), 0)" for name in ("body",) if name in table.schema.names]
    counted = connection.sql(
        "SELECT date_trunc('month', day)::DATE AS month, recording_id, "
        f"{' + '.join([f'{BYTES_A_ROW} * count(*)', *lengths])} FROM source GROUP BY ALL ORDER BY month, recording_id"
    ).fetchall()
    everything = sum(weight for *_, weight in counted)
    by_month: dict[dt.date, list[tuple[str, int]]] = {}
    for month, recording_id, weight in counted:
        by_month.setdefault(month, []).append((recording_id, weight))
    most = max(1, size * everything // max(total, 1))
    months: list[dt.date] = []
    held = 0
    for month, recordings in by_month.items():
        own = sum(weight for _, weight in recordings)
        if months and held + own > most * 3 // 2:
            yield _of_months(months)
            months, held = [], 0
        if own > most * 3 // 2:
            yield from (f"{_of_months([month])} AND {part}" for part in _of_recordings(recordings, own, most))
        else:
            months.append(month)
            held += own
    if months:
        yield _of_months(months)


def _of_months(months: Sequence[dt.date]) -> str:
    after = (months[-1].replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return f"day >= {literal(months[0])}::DATE AND day < {literal(after)}::DATE"


def _of_recordings(recordings: Sequence[tuple[str, int]], everything: int, most: int) -> Iterator[str]:
    share = everything / -(-everything // most)
    first, held = None, 0
    for recording_id, weight in recordings:
        # Before a recording that is long by itself, too: its file could not be cut again.
        if held >= share or (held and held + weight > TOO_BIG * most):
            yield _between(first, recording_id)
            first, held = recording_id, 0
        held += weight
    yield _between(first, None)


def _between(first: str | None, end: str | None) -> str:
    """From `first` on to before `end`, either of which may be open."""
    parts = [] if first is None else [f"recording_id >= {literal(first)}"]
    parts += [] if end is None else [f"recording_id < {literal(end)}"]
    return " AND ".join(parts) or "true"


@dataclass
class _Span:
    first: dt.date
    last: dt.date
    files: list[DataFile]


def _months_apart(files: Sequence[DataFile]) -> list[_Span]:
    """Files by the months they hold, those together that share one, in the order of time."""
    spans: list[_Span] = []
    for file in sorted(files, key=_months):
        first, last = _months(file)
        if spans and first <= spans[-1].last:
            spans[-1].files.append(file)
            spans[-1].last = max(spans[-1].last, last)
        else:
            spans.append(_Span(first, last, [file]))
    return spans


def _joined(spans: list[_Span], small: set[str]) -> list[list[DataFile]]:
    """Spans of nothing but small files go to the one before them, so that quiet months do not stay small for ever."""
    groups: list[list[DataFile]] = []
    for span in spans:
        if groups and (
            all(file.path in small for file in span.files) or all(file.path in small for file in groups[-1])
        ):
            groups[-1] += span.files
        else:
            groups.append(list(span.files))
    return groups


def _months(file: DataFile) -> tuple[dt.date, dt.date]:
    first, last = file.stats.get("min.day"), file.stats.get("max.day")
    if first is None or last is None:
        return dt.date.min, dt.date.max
    return first.replace(day=1), last.replace(day=1)


def _has_heap(files: Sequence[DataFile]) -> bool:
    """Whether more than MOST_SMALL files may hold one recording: a first sync writes them in the vendor's order."""
    for span in _months_apart(files):
        ends = sorted(
            (f.stats.get("min.recording_id") or "", f.stats.get("max.recording_id") or "\U0010ffff") for f in span.files
        )
        open_: list[str] = []
        for low, high in ends:
            open_ = [end for end in open_ if end >= low] + [high]
            if len(open_) > MOST_SMALL:
                return True
    return False
