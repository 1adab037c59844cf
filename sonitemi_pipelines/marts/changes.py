"""Which transcripts differ between two versions of the lake, and bounded chunks of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.model import TRANSCRIPT_KEY

_KEY = [*TRANSCRIPT_KEY, "day"]
_COMPARED = [*_KEY, "revision", "language", "duration_ms", "word_count"]
"""What of a header a mart can depend on: the words stand behind `revision`; their number moves when a newer release
reads the same payload again."""


@dataclass(frozen=True)
class Changes:
    """Transcripts to compute and to remove, as tables of provider, recording_id, variant, day (and word_count).

    Attributes:
        rebuild: everything there is; what the mart held before is of no use.
    """

    present: pa.Table
    gone: pa.Table
    rebuild: bool

    def __len__(self) -> int:
        return int(self.present.num_rows + self.gone.num_rows)


def all_transcripts(lake: Lake, version: int) -> Changes:
    """Every transcript of a version of the lake."""
    headers = lake.read(TRANSCRIPTS, [*_KEY, "word_count"], version=version)
    return Changes(headers, headers.slice(0, 0).select(_KEY), rebuild=True)


def changes_between(lake: Lake, old: int, new: int) -> Changes:
    """Transcripts that came, went or changed from version `old` to version `new` of `transcripts`.

    All variants of a changed recording count as changed, because a mart may compare variants. When `old` can no longer
    be read, everything is.
    """
    now = lake.open(TRANSCRIPTS.name, new)
    try:
        then = lake.open(TRANSCRIPTS.name, old)
        if now is None or then is None:
            return all_transcripts(lake, new)
        old_files, new_files = _days_of_files(then), _days_of_files(now)
        before = _headers(then, {path: old_files[path] for path in old_files.keys() - new_files.keys()})
        after = _headers(now, {path: new_files[path] for path in new_files.keys() - old_files.keys()})
    except (LakeError, OSError):
        return all_transcripts(lake, new)
    before_rows, after_rows = set(map(_identity, before.to_pylist())), set(map(_identity, after.to_pylist()))
    touched = before_rows ^ after_rows
    recordings = {(row[0], row[1]) for row in touched}
    days = {row[3] for row in touched}
    still = {row[: len(_KEY)] for row in after_rows}
    lost = {row[: len(_KEY)] for row in before_rows} - still
    gone = pa.Table.from_pylist([dict(zip(_KEY, row, strict=True)) for row in sorted(lost)], schema=_schema(_KEY))
    if not touched:
        return Changes(_schema([*_KEY, "word_count"]).empty_table(), gone, rebuild=False)
    wanted = pc.field("recording_id").isin(pa.array(sorted({recording for _, recording in recordings}), pa.string()))
    columns = [*_KEY, "word_count"]
    present = read_days(now, days, columns, wanted).cast(_schema(columns))
    mask = [
        pair in recordings
        for pair in zip(present["provider"].to_pylist(), present["recording_id"].to_pylist(), strict=True)
    ]
    return Changes(present.filter(pa.array(mask, pa.bool_())), gone, rebuild=False)


def chunks(changes: Changes, words: int) -> Iterator[Changes]:
    """Parts of about `words` words each, by day, all variants of a recording together; at least one part."""
    present = changes.present.sort_by([(name, "ascending") for name in ("provider", "day", "recording_id", "variant")])
    recordings = list(zip(present["provider"].to_pylist(), present["recording_id"].to_pylist(), strict=True))
    counts = present["word_count"].to_pylist()
    start, total = 0, 0
    gone = changes.gone
    for i, count in enumerate(counts):
        if total >= words and recordings[i] != recordings[i - 1]:
            yield Changes(present.slice(start, i - start), gone, changes.rebuild)
            start, total, gone = i, 0, gone.slice(0, 0)
        total += count or 0
    yield Changes(present.slice(start), gone, changes.rebuild)


def _identity(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _COMPARED)


def read_days(table: DeltaTable, days: Iterable[dt.date], columns: list[str], where: pc.Expression) -> pa.Table:
    """Rows of some days. Files of other days cost nothing, not even to be listed."""
    rows: pa.Table = _dataset(table, days).to_table(columns=columns, filter=where)
    return rows


def _dataset(table: DeltaTable, days: Iterable[dt.date]) -> Any:
    return table.to_pyarrow_dataset(file_pruning_predicate=[("day", "in", [d.isoformat() for d in sorted(set(days))])])


def _days_of_files(table: DeltaTable) -> dict[str, dt.date]:
    actions = pa.table(table.get_add_actions(flatten=True)).select(["path", "partition.day"]).to_pylist()
    return {unquote(action["path"]): action["partition.day"] for action in actions}


def _headers(table: DeltaTable, wanted: dict[str, dt.date]) -> pa.Table:
    if not wanted:
        return _schema(_COMPARED).empty_table()
    dataset = _dataset(table, wanted.values())
    fragments = [fragment for fragment in dataset.get_fragments() if unquote(fragment.path) in wanted]
    files = ds.FileSystemDataset(fragments, dataset.schema, dataset.format, dataset.filesystem)
    return files.to_table(columns=_COMPARED).cast(_schema(_COMPARED))


def _schema(names: list[str]) -> pa.Schema:
    return pa.schema([TRANSCRIPTS.schema.field(name) for name in names])
