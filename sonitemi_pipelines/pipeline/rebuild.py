"""`sonitemi rebuild`: everything that is derived, made anew from the payloads in the lake, without a vendor call."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.errors import LakeError, PayloadError
from sonitemi_pipelines.lake import register, writing
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.consistency import few
from sonitemi_pipelines.lake.keys import without
from sonitemi_pipelines.lake.memory import lean
from sonitemi_pipelines.lake.parquet import DataFile, write_files
from sonitemi_pipelines.lake.private import privately
from sonitemi_pipelines.lake.record import Source, TranscriptBatch
from sonitemi_pipelines.lake.schemas import FORGOTTEN, RAW_PAYLOADS, TABLES, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK, writable_snapshot
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.parsing.assemble import assemble
from sonitemi_pipelines.parsing.columns import Columns
from sonitemi_pipelines.pipeline.keeping import kept_as_they_are
from sonitemi_pipelines.pipeline.mending import Shown, bring_forward, list_again, mend
from sonitemi_pipelines.pipeline.run import fetch_lock, publish_warehouse
from sonitemi_pipelines.pipeline.whole import gone_recordings, lake_tables, rewound_tables
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.warehouse.publish import check_same_lake, shown_by

log = logging.getLogger(__name__)

_DERIVED = tuple(name for name in PINNED if name != RAW_PAYLOADS.name)
_KEY = list(TRANSCRIPTS.key)
_OF_A_HEADER = [*_KEY, "revision", "fetched_at", "title", "language", "duration_ms", "source_modified_at"]
Headers = dict[tuple[str, ...], dict[str, Any]]
"""Key of a transcript -> what its header knows of it beside the payload."""
_BATCH = 100
_UNCOUNTED = -1


@dataclass(frozen=True)
class Rebuild:
    """What a rebuild came to.

    Attributes:
        transcripts: read again.
        problems: payloads and files that could not be read, in words.
    """

    transcripts: int
    problems: tuple[str, ...] = ()


def rebuild(settings: Settings, progress: Progress = no_progress) -> Rebuild:
    """Derive headers, words, turns, marts and the warehouse from `raw_payloads`; the next sync fetches what these lack.

    Readers see what they saw until all of it is there. Lists and requests come from the vendors and people, not from
    payloads: they stay as they are, but for files of them that cannot be read.

    Raises:
        LakeError: the payloads cannot be read at all, or a table cannot be written.
        WarehouseError: the lake is empty, and the warehouse is of one that was not.
    """
    lake = Lake.from_settings(settings)
    check_same_lake(lake, settings.warehouse)
    rewound = rewound_tables(lake, shown_by(settings.warehouse))
    with ExitStack() as locks:
        for name in [*map(fetch_lock, VENDORS), WRITE_LOCK]:
            locks.enter_context(lake.lock(name))
        lost: list[str] = []
        shown = Shown(settings.warehouse)
        for table in lake_tables():
            if table.name in (*_DERIVED, TRANSCRIPTS.name) or table.name not in TABLES:
                _drop_unreadable(lake, table)
            elif table is not RAW_PAYLOADS:
                lost += mend(lake, table, shown)
                if table.name in rewound:
                    lost += bring_forward(lake, table, shown)
        newer = _headers(shown.rows(TRANSCRIPTS)) if TRANSCRIPTS.name in rewound else None
        rebuilt = _rebuild_transcripts(lake, progress, newer)
        for vendor in VENDORS.values():
            lost += list_again(lake, vendor, shown)
        register.note(lake)
    refresh(lake, settings=settings, progress=progress, afresh=True)
    publish_warehouse(lake, settings, afresh=True)
    return dataclasses.replace(rebuilt, problems=(*lost, *rebuilt.problems))


def _drop_unreadable(lake: Lake, table: Table) -> None:
    """Make way for a derived table whose log is of no use."""
    try:
        version = lake.snapshot([table.name]).get(table.name)
        if version is not None:
            lake.files(table.name, version)
        lake.open(table.name)
    except LakeError as error:
        if not lake.is_local:
            raise LakeError(f"{error}; it is derived: delete {lake.location(table.name)} and rebuild again") from error
        log.warning("%s; it is derived, and made anew", error)
        with boundary(f"cannot delete {lake.location(table.name)}"):
            if Path(lake.location(table.name)).exists():
                shutil.rmtree(lake.location(table.name))
        if table.name in TABLES:
            writing.create(lake, table)


@lean()
@privately
def _rebuild_transcripts(lake: Lake, progress: Progress, newer: Headers | None = None) -> Rebuild:
    """Args:
    newer: headers that the warehouse shows, where the lake has lost its last ones.
    """
    payloads = _payload_files(lake, newest=newer is not None)
    problems: list[str] = []
    usable = _once(lake, [file for file in payloads if _can_be_read(lake, file, problems)])
    erased = _erased(lake)
    known = {key: header for key, header in _known_headers(lake).items() if key[:2] not in erased}
    newest = _newest_revisions(lake, usable, known if newer is None else newer)
    known |= {key: header for key, header in (newer or {}).items() if key[:2] not in erased}
    files: dict[str, list[DataFile]] = {name: [] for name in (*_DERIVED, TRANSCRIPTS.name)}
    for name in files:
        writing.make(lake, TABLES[name])
    number = 0
    for batch in _batches(lake, usable, newest, known, problems):
        for name, written in files.items():
            written += write_files(TABLES[name], getattr(batch, name), *lake.filesystem(name))
        number += batch.transcripts.num_rows
        progress("rebuild", number, len(newest))
    gone = gone_recordings(lake)
    lost = [key for key in known if key not in newest]
    if to_fetch := [" ".join(key) for key in lost if key[:2] not in gone]:
        problems.append(f"{few(to_fetch)}: payload lost; `sonitemi sync` fetches it again")
    # Nobody has their payloads any more.
    rest = [key for key in lost if key[:2] in gone]
    kept = kept_as_they_are(lake, rest)
    for name, rows in kept.items():
        files[name] += write_files(TABLES[name], rows, *lake.filesystem(name))
    whole = _headers(kept[TRANSCRIPTS.name]).keys() if kept else set()
    for outcome, keys in (
        ("kept as it is, restore it from a backup", [key for key in rest if key in whole]),
        ("nothing is left of it, restore it from a backup", [key for key in rest if key not in whole]),
    ):
        if keys:
            problems.append(
                f"{few([' '.join(key) for key in keys])}: payload lost and deleted at the vendor; {outcome}"
            )
    versions = {name: _replace(lake, TABLES[name], files[name]) for name in _DERIVED}
    versions[RAW_PAYLOADS.name] = _replace(lake, RAW_PAYLOADS, usable)
    _replace(lake, TRANSCRIPTS, files[TRANSCRIPTS.name], versions)
    return Rebuild(number, tuple(problems))


def _payload_files(lake: Lake, newest: bool) -> list[DataFile]:
    """Of the version that the headers name; where they are lost, of the newest; without a log, all in the folder.

    Args:
        newest: take the newest in any case, which the headers have named once.
    """
    with suppress(LakeError):
        visible = writable_snapshot(lake).get(RAW_PAYLOADS.name)
        if visible is not None and not newest:
            return lake.files(RAW_PAYLOADS.name, visible)
    try:
        handle = lake.open(RAW_PAYLOADS.name)
        return [] if handle is None else lake.files_of(handle)
    except LakeError:
        return _files_in_folder(lake)


def _replace(lake: Lake, table: Table, files: list[DataFile], transactions: dict[str, int] | None = None) -> int:
    return writing.replace_all(lake, table, files, transactions)


def _files_in_folder(lake: Lake) -> list[DataFile]:
    """The payloads' files when their log is lost: whatever is in the folder, for these files name their rows."""
    folder = Path(lake.location(RAW_PAYLOADS.name))
    if not lake.is_local:
        raise LakeError(f"the log of {folder} cannot be read; restore it from a backup")
    log.warning("the log of %s cannot be read; every payload in the folder is taken", folder)
    with boundary(f"cannot make a new log for {folder}"):
        shutil.rmtree(folder / "_delta_log", ignore_errors=True)
        found = sorted(folder.glob("*.parquet"))
        writing.create(lake, RAW_PAYLOADS)
    return [DataFile(path.name, str(path), _UNCOUNTED, path.stat().st_size) for path in found]


@privately
def _once(lake: Lake, files: list[DataFile]) -> list[DataFile]:
    """Files that no log counted may hold the same payloads: each is kept once."""
    if all(file.rows != _UNCOUNTED for file in files):
        return files
    kept: list[DataFile] = []
    seen = RAW_PAYLOADS.schema.empty_table().select(RAW_PAYLOADS.key)
    for file in files:
        rows = without(lake.read_file(RAW_PAYLOADS, file), seen)
        seen = pa.concat_tables([seen, rows.select(RAW_PAYLOADS.key)])
        kept += write_files(RAW_PAYLOADS, rows, *lake.filesystem(RAW_PAYLOADS.name))
    return kept


def _can_be_read(lake: Lake, file: DataFile, problems: list[str]) -> bool:
    try:
        lake.read_file(RAW_PAYLOADS, file, ["revision"])
    except LakeError as error:
        problems.append(f"{error}; `sonitemi sync` fetches again what it held")
        return False
    return True


def _newest_revisions(lake: Lake, files: list[DataFile], known: Headers) -> dict[tuple[str, ...], str]:
    """Key of a transcript -> the revision fetched last."""
    newest: dict[tuple[str, ...], tuple[Any, str]] = {}
    there: set[tuple[tuple[str, ...], str]] = set()
    for file in files:
        for row in lake.read_file(RAW_PAYLOADS, file, [*_KEY, "revision", "fetched_at"]).to_pylist():
            key, found = tuple(row[name] for name in _KEY), (row["fetched_at"], row["revision"])
            newest[key] = max(newest.get(key, found), found)
            there.add((key, row["revision"]))
    for key, header in known.items():
        # A revision that came back is fetched last without being written last. One that is lost is fetched again.
        if (key, header["revision"]) in there:
            newest[key] = (newest[key][0], header["revision"])
        else:
            newest.pop(key, None)
    return {key: revision for key, (_, revision) in newest.items()}


def _known_headers(lake: Lake) -> Headers:
    """What the headers know of a transcript beside its payload; nothing where they are lost."""
    try:
        return _headers(lake.read(TRANSCRIPTS, _OF_A_HEADER))
    except LakeError:
        return {}


def _headers(rows: pa.Table) -> Headers:
    return {tuple(row[name] for name in _KEY): row for row in rows.select(_OF_A_HEADER).to_pylist()}


def _erased(lake: Lake) -> set[tuple[str, ...]]:
    """Provider and id of what was erased here: a warehouse or a backup of before may still name it."""
    return {(row["provider"], row["recording_id"]) for row in lake.read(FORGOTTEN).to_pylist()}


def _batches(
    lake: Lake,
    files: list[DataFile],
    newest: dict[tuple[str, ...], str],
    known: Headers,
    problems: list[str],
) -> Iterator[TranscriptBatch]:
    """Transcripts of the payloads that count, some at a time."""
    batch: list[Columns] = []
    left = dict(newest)
    listed = {name: _Listed(lake, name) for name in VENDORS}
    for file in files:
        for row in _payloads(lake, file):
            key = tuple(row[name] for name in _KEY)
            vendor = VENDORS.get(row["provider"])
            if vendor is None or left.get(key) != row["revision"]:
                continue
            del left[key]
            source = listed[vendor.name].source(row, known.get(key))
            try:
                batch.append(vendor.take_apart(row["body"], source))
            except PayloadError as error:
                problems.append(str(error))
            if len(batch) == _BATCH:
                yield assemble(batch)
                batch = []
    if batch:
        yield assemble(batch)


def _payloads(lake: Lake, file: DataFile) -> Iterator[dict[str, Any]]:
    for batch in lake.read_file(RAW_PAYLOADS, file).to_batches(max_chunksize=_BATCH):
        yield from batch.to_pylist()


class _Listed:
    """What a vendor's list says of recordings, for transcripts whose header is lost."""

    def __init__(self, lake: Lake, provider: str) -> None:
        self._lake, self._vendor = lake, VENDORS[provider]

    def source(self, payload: dict[str, Any], header: dict[str, Any] | None) -> Source:
        known = {name: payload[name] for name in (*_KEY, "day", "fetched_at")}
        if header is None:
            header = self._row(payload["recording_id"])
        names = {field.name for field in dataclasses.fields(Source)}
        return Source(**{**known, **{name: value for name, value in header.items() if name in names - {"day"}}})

    def _row(self, recording_id: str) -> dict[str, Any]:
        table, key = self._vendor.list_table, self._vendor.id_column
        try:
            rows = self._lake.read(table, filters=pc.field(key) == recording_id).to_pylist()
        except LakeError:
            rows = []
        row = rows[0] if rows else {}
        return {"title": row.get("name"), "language": row.get("language"), "duration_ms": row.get("duration_ms")}
