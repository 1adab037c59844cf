"""Reading transcripts from the lake, one or all of them, from one snapshot of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.export.script import Script, ScriptTurn, words_of
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, TURNS, WORDS, Table
from sonitemi_pipelines.lake.store import Lake, Snapshot

_HEADER = [
    "provider",
    "recording_id",
    "variant",
    "revision",
    "title",
    "language",
    "duration_ms",
    "token_count",
    "fetched_at",
    "day",
]
_KEY = ["provider", "recording_id", "variant"]
_TURN = [*_KEY, "turn_index", "speaker", "start_ms", "end_ms", "text"]
_WORD = [*_KEY, "word_index", "turn_index", "text", "kind", "word_count", "start_ms", "end_ms", "struck"]
_BATCH_TOKENS = 200_000
_BATCH_TRANSCRIPTS = 200

Header = Mapping[str, Any]
"""A row of `transcripts`, without its text."""


def load_script(lake: Lake, provider: str, recording_id: str, variant: str = "latest") -> Script:
    """One transcript.

    Raises:
        LakeError: the lake has none; the message says what it has of this recording.
    """
    snapshot = _snapshot(lake)
    found = headers(lake, snapshot, (pc.field("provider") == provider) & (pc.field("recording_id") == recording_id))
    for header in found:
        if header["variant"] == variant:
            [script] = load_scripts(lake, snapshot, [header])
            return script
    raise LakeError(_why_not(lake, provider, recording_id, variant, [header["variant"] for header in found]))


def snapshot_with_headers(lake: Lake, variant: str) -> tuple[Snapshot, list[Header]]:
    """A snapshot of the lake, and the headers in it of one variant, by day of creation."""
    snapshot = _snapshot(lake)
    found = headers(lake, snapshot, pc.field("variant") == variant)
    return snapshot, sorted(found, key=lambda header: (header["day"], header["provider"], header["recording_id"]))


def headers(lake: Lake, snapshot: Snapshot, filters: pc.Expression) -> list[Header]:
    """Headers of transcripts."""
    version = snapshot.get(TRANSCRIPTS.name)
    if version is None:
        return []
    return list(lake.read(TRANSCRIPTS, _HEADER, filters, version=version).to_pylist())


def load_scripts(lake: Lake, snapshot: Snapshot, wanted: Iterable[Header]) -> Iterator[Script]:
    """The transcripts of these headers, in their order, with a bounded number of words at a time."""
    for batch in _batches(wanted):
        turns = _rows(lake, snapshot, TURNS, _TURN, batch, "turn_index")
        words = _rows(lake, snapshot, WORDS, _WORD, batch, "word_index")
        for header in batch:
            key = tuple(header[name] for name in _KEY)
            yield _script(header, turns.get(key, []), words.get(key, []))


def _snapshot(lake: Lake) -> Snapshot:
    return lake.snapshot([TRANSCRIPTS.name, TURNS.name, WORDS.name])


def _batches(wanted: Iterable[Header]) -> Iterator[list[Header]]:
    batch: list[Header] = []
    tokens = 0
    for header in wanted:
        batch.append(header)
        tokens += header["token_count"] or 0
        if tokens >= _BATCH_TOKENS or len(batch) >= _BATCH_TRANSCRIPTS:
            yield batch
            batch, tokens = [], 0
    if batch:
        yield batch


def _rows(
    lake: Lake, snapshot: Snapshot, table: Table, columns: Sequence[str], batch: Sequence[Header], order: str
) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Rows by transcript, in their order."""
    version = snapshot.get(table.name)
    if version is None:
        return {}
    ids = pa.array([header["recording_id"] for header in batch], pa.string())
    days = pa.array(sorted({header["day"] for header in batch}), pa.date32())
    variants = pa.array(sorted({header["variant"] for header in batch}), pa.string())
    filters = pc.field("day").isin(days) & pc.field("recording_id").isin(ids) & pc.field("variant").isin(variants)
    found = lake.read(table, columns, filters, version=version)
    rows = found.sort_by([(name, "ascending") for name in (*_KEY, order)]).to_pylist()
    return {key: list(group) for key, group in groupby(rows, key=lambda row: tuple(row[name] for name in _KEY))}


def _script(header: Header, turns: Sequence[dict[str, Any]], words: Sequence[dict[str, Any]]) -> Script:
    of_turn = {index: list(group) for index, group in groupby(words, key=lambda row: row["turn_index"])}
    duration = header["duration_ms"]
    return Script(
        provider=header["provider"],
        recording_id=header["recording_id"],
        variant=header["variant"],
        revision=header["revision"],
        title=header["title"] or header["recording_id"],
        language=header["language"],
        duration_ms=duration,
        fetched_at=f"{header['fetched_at']:%Y-%m-%dT%H:%M:%SZ}",
        turns=tuple(
            ScriptTurn(
                turn["speaker"],
                turn["start_ms"],
                turn["end_ms"],
                words_of(of_turn.get(turn["turn_index"], []), turn["text"] or "", duration),
            )
            for turn in turns
            if turn["turn_index"] in of_turn
        ),
    )


def _why_not(lake: Lake, provider: str, recording_id: str, variant: str, there: Sequence[str]) -> str:
    if there:
        return f"{provider} {recording_id} has no transcript '{variant}' in the lake, but: {', '.join(sorted(there))}"
    # Only an answer of "no" needs the marts' definitions.
    from sonitemi_pipelines.marts import load_marts

    known = lake.read(
        load_marts()["recordings"].table,
        ["vendor_status"],
        (pc.field("provider") == provider) & (pc.field("recording_id") == recording_id),
    ).to_pylist()
    if known:
        return (
            f"{provider} {recording_id} is {known[0]['vendor_status']} at the vendor and has no transcript in the "
            "lake; run `sonitemi sync` once it is completed"
        )
    return f"the lake has no {provider} recording {recording_id}; check the id, case included, or `sonitemi sync` first"
