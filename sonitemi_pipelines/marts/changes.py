"""Which transcripts differ between two versions of the lake, and bounded chunks of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.keys import has_key, without
from sonitemi_pipelines.lake.parquet import DataFile, bounds_of, within
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.model import TRANSCRIPT_KEY

_KEY = [*TRANSCRIPT_KEY, "day"]
_COMPARED = [*_KEY, "revision", "language", "duration_ms", "word_count"]
"""What of a header a mart can depend on: the words stand behind `revision`; their number moves when a newer release
reads the same payload again."""
_RECORDING = ["provider", "recording_id", "day"]


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
    try:
        old_files = {file.path: file for file in lake.files(TRANSCRIPTS.name, old)}
        new_files = {file.path: file for file in lake.files(TRANSCRIPTS.name, new)}
        before = _headers(lake, [file for path, file in old_files.items() if path not in new_files])
        after = _headers(lake, [file for path, file in new_files.items() if path not in old_files])
    except LakeError:
        return all_transcripts(lake, new)
    gone = without(before, after.select(_KEY)).select(_KEY)
    touched = pa.concat_tables([without(before, after), without(after, before)])
    recordings = touched.select(_RECORDING).group_by(_RECORDING).aggregate([])
    present = read_matching(lake, TRANSCRIPTS, new, recordings, [*_KEY, "word_count"])
    return Changes(present, gone, rebuild=False)


def read_matching(lake: Lake, table: Table, version: int, keys: pa.Table, columns: list[str] | None = None) -> pa.Table:
    """Rows of one version of a table whose key is in `keys`; files that cannot hold any are not opened."""
    names = columns if columns is not None else table.schema.names
    bounds, schema = bounds_of(keys), pa.schema([table.schema.field(name) for name in names])
    ids = pc.field("recording_id").isin(pc.unique(keys["recording_id"])) & within(bounds)
    wanted = list(dict.fromkeys([*names, *keys.column_names]))
    found = [schema.empty_table()]
    for file in lake.files(table.name, version) if keys.num_rows else ():
        if file.may_hold(bounds):
            rows = lake.read_file(table, file, wanted, ids)
            found.append(rows.filter(has_key(rows, keys)).select(names))
    return pa.concat_tables(found)


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


def _headers(lake: Lake, files: list[DataFile]) -> pa.Table:
    rows = [lake.read_file(TRANSCRIPTS, file, _COMPARED) for file in files]
    return pa.concat_tables([pa.schema([TRANSCRIPTS.schema.field(name) for name in _COMPARED]).empty_table(), *rows])
