"""What an operator sees of a mart after a run: its first rows, and two charts of the newest conversation.

Both end up in Dagster's event log, which `sonitemi forget` does not reach: names and words are withheld.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
from deltalake import QueryBuilder

from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import load_marts
from sonitemi_pipelines.report.compact import as_markdown, rate_over_time, speaker_timeline

ROWS = 5
WITHHELD = "…"
_SHOWN_TEXT = frozenset(
    {"provider", "recording_id", "variant", "media_id", "folder_id", "status", "vendor_status", "language", "kind"}
    | {"reasons", "waits_for", "stage", "reason"}
)
_MOST_CHARACTERS = 60

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class NewestConversation:
    """The transcript that arrived last, as the lake's partitions find it."""

    provider: str
    recording_id: str
    variant: str
    day: dt.date

    @property
    def filters(self) -> list[tuple[str, str, Any]]:
        return [(name, "=", value) for name, value in vars(self).items()]


def first_rows(lake: Lake, table: Table) -> list[dict[str, Cell]]:
    """The first ROWS rows of a table; text that may name or quote somebody, and lists, are withheld."""
    handle = lake.open(table.name)
    if handle is None:
        return []
    # Not by a pyarrow dataset's head(): its abandoned read-ahead crashes or hangs the process at its end.
    found = QueryBuilder().register("mart", handle).execute(f"SELECT * FROM mart LIMIT {ROWS}")
    rows = pa.table(found)
    open_columns = {field.name for field in table.schema if _is_open(field)}
    return [
        {
            name: _cell(row[name]) if name in open_columns or row[name] is None else WITHHELD
            for name in table.schema.names
            if name in row
        }
        for row in rows.to_pylist()
    ]


def newest_conversation(lake: Lake) -> NewestConversation | None:
    """The transcript fetched last; None when there is none yet."""
    wanted = ["provider", "recording_id", "variant", "day", "fetched_at"]
    found = lake.read(TRANSCRIPTS, wanted, [("variant", "=", "latest")])
    if not found.num_rows:
        return None
    newest = found.sort_by([("fetched_at", "descending"), ("provider", "ascending"), ("recording_id", "ascending")])
    row = newest.slice(0, 1).drop_columns("fetched_at").to_pylist()[0]
    return NewestConversation(**row)


def chart_of(lake: Lake, mart: str, newest: NewestConversation | None) -> str | None:
    """A mart's chart, a Markdown image with a caption; None for marts without one, or when nothing is timed."""
    draw = _CHARTS.get(mart)
    image = draw(lake, newest) if draw is not None and newest is not None else None
    if image is None or newest is None:
        return None
    return f"{image}\n\nThe newest conversation, {newest.provider} {newest.recording_id}; A is who spoke longest."


def _timeline(lake: Lake, newest: NewestConversation) -> str | None:
    turns = lake.read(load_marts()["joined_turns"].table, ["speaker", "start_ms", "end_ms"], newest.filters)
    spans = [
        (row["speaker"], row["start_ms"], row["end_ms"])
        for row in turns.to_pylist()
        if row["start_ms"] is not None and row["end_ms"] is not None and row["end_ms"] >= row["start_ms"]
    ]
    ranks = _ranks([(speaker, end - start) for speaker, start, end in spans])
    document = speaker_timeline([(ranks[speaker], start, end) for speaker, start, end in spans])
    return document and as_markdown(document, "Who spoke when in the newest conversation")


def _rates(lake: Lake, newest: NewestConversation) -> str | None:
    wanted = ["minute", "speaker", "words", "speaking_ms", "talk_ms", "speech_rate_wpm"]
    minutes = lake.read(load_marts()["speech_rate_timeline"].table, wanted, newest.filters).to_pylist()
    ranks = _ranks([(row["speaker"], row["speaking_ms"]) for row in minutes])
    document = rate_over_time(
        [
            (ranks[row["speaker"]], row["minute"], row["words"], row["talk_ms"])
            for row in minutes
            if row["speech_rate_wpm"] is not None
        ]
    )
    return document and as_markdown(document, "Words per minute, minute by minute, in the newest conversation")


_CHARTS: dict[str, Callable[[Lake, NewestConversation], str | None]] = {
    "conversation_stats": _timeline,
    "joined_turns": _timeline,
    "speaker_stats": _timeline,
    "turn_transitions": _timeline,
    "speech_rate_timeline": _rates,
}


def _ranks(lengths: list[tuple[str | None, int]]) -> dict[str | None, int]:
    sums: dict[str | None, int] = {}
    for speaker, ms in lengths:
        sums[speaker] = sums.get(speaker, 0) + ms
    return {speaker: rank for rank, speaker in enumerate(sorted(sums, key=lambda name: (-sums[name], name or "")))}


def _is_open(field: pa.Field[Any]) -> bool:
    if pa.types.is_string(field.type):
        return field.name in _SHOWN_TEXT
    return not (pa.types.is_list(field.type) or pa.types.is_binary(field.type))


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Decimal):
        return str(value)
    return str(value)[:_MOST_CHARACTERS]
