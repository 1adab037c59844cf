"""Transcripts that nothing can derive again: their payload is lost, and the vendor has deleted the recording."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.consistency import are_counted
from sonitemi_pipelines.lake.keys import has_key
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TABLES, TRANSCRIPTS
from sonitemi_pipelines.lake.store import PINNED, Lake

_KEY = list(TRANSCRIPTS.key)


def kept_as_they_are(lake: Lake, keys: Collection[tuple[str, ...]]) -> dict[str, pa.Table]:
    """Headers, turns, words and spoken words of these transcripts, by table: of those that have all their rows.

    Nothing when there are none, or one of the tables cannot be read.
    """
    if not keys:
        return {}
    wanted = pa.table({name: [key[place] for key in keys] for place, name in enumerate(_KEY)})
    names = [TRANSCRIPTS.name, *(name for name in PINNED if name != RAW_PAYLOADS.name)]
    try:
        found = {name: _of(lake, name, wanted) for name in names}
    except LakeError:
        return {}
    whole = []
    for header in found[TRANSCRIPTS.name].to_pylist():
        one = pa.table({name: [header[name]] for name in _KEY})
        if are_counted(header, {name: rows.filter(has_key(rows, one)) for name, rows in found.items()}):
            whole.append(one)
    if not whole:
        return {}
    kept = pa.concat_tables(whole)
    return {name: rows.filter(has_key(rows, kept)) for name, rows in found.items()}


def _of(lake: Lake, name: str, keys: pa.Table) -> pa.Table:
    rows = lake.read(TABLES[name], filters=pc.field("recording_id").isin(keys["recording_id"].combine_chunks()))
    return rows.filter(has_key(rows, keys))
