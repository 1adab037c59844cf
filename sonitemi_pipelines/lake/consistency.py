"""What must be true of the lake whatever happened to its writers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.keys import without
from sonitemi_pipelines.lake.parquet import DataFile
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, SPLIT_WORDS, TRANSCRIPTS, TURNS, WORDS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake

_KEY = list(TRANSCRIPTS.key)
_COUNTED = ((TURNS, "turn_count"), (WORDS, "token_count"), (SPLIT_WORDS, "split_word_count"))
"""Tables, and the column of a header that says how many rows of its transcript they hold."""


Gone = Callable[[], Collection[tuple[str, str]]]
_MAGIC = b"PAR1"
_NAMED = 3
"""Transcripts or files named in a line; the rest is counted."""


def damage(lake: Lake, tables: Iterable[Table], gone: Gone = frozenset) -> list[str]:
    """What is lost or doubled, a line for each kind and table, with the command that mends it; cheap where all is well.

    Every file that a reader may be sent to is looked for where the lake is on a disk; `file_damage` reads them too.

    Args:
        gone: asked for provider and id of what the vendors have deleted: of that no lost payload can be had again.
    """
    lines = []
    for table in tables:
        broken = [name for name in map(os.path.basename, _broken(lake, table)) if name]
        if broken:
            lines.append(f"lake table {table.name}: {few(broken)} lost or cut short; {_way_out(table)}")
    if lines:
        # What lacks files cannot be counted.
        return lines
    headers = read_headers(lake)
    if doubled := doubled_transcripts(lake, headers):
        lines.append(f"{few(doubled)} twice in transcripts; run `sonitemi rebuild`")
    alike: dict[str, list[str]] = {}
    for name, transcripts in miscounted_transcripts(lake, headers).items():
        alike.setdefault(few(transcripts), []).append(name)
    for named, tables_of_them in alike.items():
        lines.append(f"{named}: {' and '.join(tables_of_them)} disagree with the header; run `sonitemi rebuild`")
    if lines:
        # Which may bring the payloads' versions back too.
        return lines
    if lost := transcripts_without_payload(lake, gone, headers):
        lines.append(f"{few(lost)}: no payload; run `sonitemi sync --refetch` with the id of each")
    return lines


def file_damage(lake: Lake, table: Table) -> Iterator[str]:
    """Open every file of a table that its log names, and compare its rows and digests; a line for what is wrong."""
    version = lake.snapshot([table.name]).get(table.name)
    for file in lake.files(table.name, version) if version is not None else ():
        filesystem, root = lake.filesystem(table.name)
        path = file.below(root)
        try:
            with lake.reading(table.name), filesystem.open_input_file(path) as opened:
                rows = pq.ParquetFile(opened).metadata.num_rows
            if file.rows not in (-1, rows):
                yield f"{file.uri} has {rows} rows, its log says {file.rows}; {_way_out(table)}"
            elif table is RAW_PAYLOADS:
                payloads = lake.read_file(table, file, ["recording_id", "revision", "body"])
                wrong = [row["recording_id"] for row in payloads.to_pylist() if _digest(row["body"]) != row["revision"]]
                if wrong:
                    yield f"{file.uri} holds payloads of {few(wrong)} that are not what was fetched; {_way_out(table)}"
        except LakeError as error:
            yield f"{file.uri}: {error.__cause__ or error}; {_way_out(table)}".replace("\n", " ")


@dataclass(frozen=True)
class Headers:
    """What these checks need of every header of one consistent cut, and the version of each table that belongs to it:
    others may commit while they look. Read once, for it is one row a transcript.
    """

    rows: pa.Table
    versions: Mapping[str, int]


def read_headers(lake: Lake) -> Headers:
    """The headers as they are now."""
    versions = lake.snapshot([TRANSCRIPTS.name, *PINNED])
    names = [*RAW_PAYLOADS.key, *(column for _, column in _COUNTED)]
    if TRANSCRIPTS.name not in versions:
        return Headers(pa.schema([TRANSCRIPTS.schema.field(name) for name in names]).empty_table(), versions)
    return Headers(lake.read(TRANSCRIPTS, names, version=versions[TRANSCRIPTS.name]), versions)


def transcripts_without_payload(lake: Lake, gone: Gone = frozenset, headers: Headers | None = None) -> list[str]:
    """Transcripts whose revision is not among the payloads, as 'provider recording_id variant', without `gone` ones."""
    key = list(RAW_PAYLOADS.key)
    headers = read_headers(lake) if headers is None else headers
    rows, pinned = headers.rows.select(key), headers.versions.get(RAW_PAYLOADS.name)
    payloads = lake.read(RAW_PAYLOADS, key, version=pinned) if pinned is not None else rows.slice(0, 0)
    lost = without(rows, payloads).to_pylist()
    deleted = gone() if lost else ()
    return sorted(
        " ".join(str(row[name]) for name in _KEY)
        for row in lost
        if (row["provider"], row["recording_id"]) not in deleted
    )


def _broken(lake: Lake, table: Table) -> list[str]:
    """Files of a table that are not there or do not end as a Parquet file does; on a disk, where looking is cheap."""
    version = lake.snapshot([table.name]).get(table.name)
    if version is None or not lake.is_local:
        return []
    return [file.uri for file in lake.files(table.name, version) if not _is_whole(file)]


def _is_whole(file: DataFile) -> bool:
    try:
        with open(file.uri, "rb") as opened:
            opened.seek(max(0, file.size - len(_MAGIC)))
            return opened.read() == _MAGIC
    except OSError:
        return False


def _way_out(table: Table) -> str:
    if table is RAW_PAYLOADS:
        return "restore it from a backup, or run `sonitemi rebuild`, then `sonitemi sync` to fetch again what is lost"
    if table.name in (*PINNED, TRANSCRIPTS.name) or table.grows:
        return "run `sonitemi rebuild`"
    return "restore it from a backup, or run `sonitemi rebuild`, then `sonitemi sync`"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def few(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def doubled_transcripts(lake: Lake, headers: Headers | None = None) -> list[str]:
    """Transcripts with more than one header, as 'provider recording_id variant'."""
    counted = (read_headers(lake) if headers is None else headers).rows.group_by(_KEY).aggregate([([], "count_all")])
    doubled = counted.filter(pc.field("count_all") > 1).to_pylist()
    return sorted(" ".join(str(row[name]) for name in _KEY) for row in doubled)


def miscounted_transcripts(lake: Lake, headers: Headers | None = None) -> dict[str, list[str]]:
    """Table -> transcripts that have another number of rows there than their header says.

    Compares totals from the log first, so that a sound lake is not scanned.
    """
    headers = read_headers(lake) if headers is None else headers
    if TRANSCRIPTS.name not in headers.versions:
        return {}
    wrong = {}
    for table, column in _COUNTED:
        pinned = headers.versions.get(table.name)
        there = sum(file.rows for file in lake.files(table.name, pinned)) if pinned is not None else 0
        if there != (pc.sum(headers.rows[column]).as_py() or 0):
            wrong[table.name] = _miscounted(lake, table, pinned, headers.rows, column)
    return wrong


def are_counted(header: Mapping[str, object], rows: Mapping[str, pa.Table]) -> bool:
    """Whether the rows of one transcript in each table are as many as its header says."""
    return all(rows[table.name].num_rows == (header[column] or 0) for table, column in _COUNTED)


def _miscounted(lake: Lake, table: Table, version: int | None, headers: pa.Table, column: str) -> list[str]:
    found = _counted(lake.read(table, _KEY, version=version)) if version is not None else {}
    said = {tuple(str(row[name]) for name in _KEY): int(row[column] or 0) for row in headers.to_pylist()}
    return sorted(" ".join(key) for key in said.keys() | found.keys() if said.get(key, 0) != found.get(key, 0))


def _counted(rows: pa.Table) -> dict[tuple[str, ...], int]:
    counted = rows.group_by(_KEY).aggregate([([], "count_all")]).to_pylist()
    return {tuple(str(row[name]) for name in _KEY): int(row["count_all"]) for row in counted}
