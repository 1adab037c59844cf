"""Committing transcripts: raw payload, turns, words and header of a batch become visible together, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.predicates import these_transcripts
from sonitemi_pipelines.lake.record import TranscriptBatch
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, SPOKEN_WORDS, TRANSCRIPTS, TURNS, WORDS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake

log = logging.getLogger(__name__)

WRITE_LOCK = "write"
"""Held for each batch commit, roll-back and compaction, never while waiting for a vendor."""

_KEY = ["provider", "recording_id", "variant"]


def commit_transcripts(lake: Lake, batch: Sequence[TranscriptBatch]) -> None:
    """Replace these transcripts by key. The header goes last and names the versions of the rest, so that a reader of
    `Lake.snapshot` sees all of them change at once, and a crash in between leaves nothing visible.
    """
    if not batch:
        return
    with lake.lock(WRITE_LOCK):
        roll_back_unfinished(lake)
        headers = pa.concat_tables([transcript.transcripts for transcript in batch])
        where = these_transcripts(headers.select([*_KEY, "day"]))
        known = lake.read(TRANSCRIPTS, _KEY, filters=_pruned(headers))
        # Without a lock another writer may add the same transcript meanwhile; replacing by key then meets a conflict.
        is_new = lake.has_locks and _without(headers, known, _KEY).num_rows == headers.num_rows

        def put(table: Table, rows: pa.Table) -> int:
            return lake.append(table, rows) if is_new else lake.replace(table, rows, where)

        versions = {
            RAW_PAYLOADS.name: _append_unseen_payloads(lake, batch, is_new),
            TURNS.name: put(TURNS, pa.concat_tables([transcript.turns for transcript in batch])),
            WORDS.name: put(WORDS, pa.concat_tables([transcript.words for transcript in batch])),
            SPOKEN_WORDS.name: put(SPOKEN_WORDS, pa.concat_tables([transcript.spoken_words for transcript in batch])),
        }
        if is_new:
            lake.append(TRANSCRIPTS, headers, transactions=versions)
        else:
            lake.replace(TRANSCRIPTS, headers, where, transactions=versions)


def replace_headers(lake: Lake, headers: pa.Table) -> None:
    """Replace header rows whose words did not change (a new time of modification, say)."""
    if headers.num_rows:
        with lake.lock(WRITE_LOCK):
            lake.replace(TRANSCRIPTS, headers, these_transcripts(headers.select([*_KEY, "day"])))


def roll_back_unfinished(lake: Lake) -> None:
    """Undo what a killed writer left of a batch: tables ahead of the versions that the headers name.

    Call with WRITE_LOCK held. Without a shared lock (object stores) another writer may be in the middle of a batch,
    so nothing is undone there; replacing by key at the next run heals the same way.
    """
    if not lake.has_locks:
        return
    visible = lake.snapshot(PINNED)
    for name in PINNED:
        handle = lake.open(name)
        if handle is None:
            continue
        if name not in visible:
            log.warning("lake table %s holds an unfinished batch; emptied", name)
            handle.delete()
        elif handle.version() != visible[name] and (
            lake.content_of(name, handle.version()) != lake.content_of(name, visible[name])
        ):
            log.warning("lake table %s holds an unfinished batch; rolled back to version %d", name, visible[name])
            handle.restore(visible[name])


def pin_newest(lake: Lake) -> None:
    """Let the headers name the newest versions of the other tables, if they do not. Call with WRITE_LOCK held."""
    visible = lake.snapshot(PINNED)
    newest = {name: handle.version() for name in PINNED if (handle := lake.open(name)) is not None}
    if any(visible.get(name) != version for name, version in newest.items()):
        publish_versions(lake)


def publish_versions(lake: Lake) -> None:
    """Make the newest versions of all these tables the visible ones, after a compaction. Call with WRITE_LOCK held."""
    versions = {name: handle.version() for name in PINNED if (handle := lake.open(name)) is not None}
    lake.append(TRANSCRIPTS, TRANSCRIPTS.schema.empty_table(), transactions=versions)


def _append_unseen_payloads(lake: Lake, batch: Sequence[TranscriptBatch], is_new: bool) -> int:
    payloads = pa.concat_tables([transcript.raw_payloads for transcript in batch])
    if not is_new:
        key = list(RAW_PAYLOADS.key)
        seen = lake.read(RAW_PAYLOADS, key, filters=_pruned(payloads))
        payloads = _without(payloads, seen, key)
    return lake.append(RAW_PAYLOADS, payloads)


def _without(rows: pa.Table, seen: pa.Table, key: list[str]) -> pa.Table:
    """Rows whose key is not in `seen`. A batch has hundreds of them, and Arrow's joins carry no binary column."""
    known = set(zip(*(seen[name].to_pylist() for name in key), strict=True))
    keys = zip(*(rows[name].to_pylist() for name in key), strict=True)
    return rows.filter(pa.array([row not in known for row in keys], pa.bool_()))


def _pruned(rows: pa.Table) -> pc.Expression:
    """Filter for the partitions and recordings of `rows`, for reading what the lake holds of them."""
    return pc.field("day").isin(pc.unique(rows["day"])) & pc.field("recording_id").isin(pc.unique(rows["recording_id"]))
