"""Conversations written down in a line or two, parsed as the vendors' payloads are, and their marts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts.compute import connect, put, result, step
from sonitemi_pipelines.marts.model import Mart, load_steps
from sonitemi_pipelines.marts.seeds import run_inputs
from tests.parsed import parse_sonix, parse_temi

DAY = dt.date(2026, 3, 1)
STEPS = load_steps()

Word = tuple[str, int | None, int | None]
"""Text, start and end in ms."""


def words(text: str, start: int, end: int) -> list[Word]:
    """The words of `text` one after the other, evenly filling start to end (ms)."""
    parts = text.split()
    edges = [start + (end - start) * i // len(parts) for i in range(len(parts) + 1)] if parts else []
    return [(part, edges[i], edges[i + 1]) for i, part in enumerate(parts)]


def turn(speaker: str | None, start: int | None, end: int | None, said: str | list[Word]) -> dict[str, Any]:
    """A Sonix segment; `said` as text fills the turn evenly, as words it keeps their times."""
    spoken = said if isinstance(said, list) else words(said, start or 0, end or 0)
    return {
        "speaker": speaker,
        "start_time": _seconds(start),
        "end_time": _seconds(end),
        "words": [{"text": text, "start_time": _seconds(a), "end_time": _seconds(b)} for text, a, b in spoken],
    }


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def sonix(
    *turns: dict[str, Any],
    recording_id: str = "rec1",
    variant: str = "latest",
    language: str | None = "en",
    duration_ms: int | None = None,
    day: dt.date = DAY,
) -> Transcript:
    """A transcript as Sonix sends it."""
    body = json.dumps({"name": recording_id, "transcript": list(turns)}).encode()
    return parse_sonix(body, _source("sonix", recording_id, variant, language, duration_ms, day))


def temi(
    *turns: tuple[str, Sequence[Word]],
    recording_id: str = "job1",
    variant: str = "latest",
    day: dt.date = DAY,
) -> Transcript:
    """A transcript as Temi sends it: (speaker, words) for each monologue."""
    names = sorted({speaker for speaker, _ in turns})
    body = {
        "speakers": [{"id": i, "name": name} for i, name in enumerate(names)],
        "monologues": [
            {
                "id": i,
                "speaker": names.index(speaker),
                "speaker_name": speaker,
                "elements": [
                    {"type": "text", "value": text}
                    | ({} if start is None else {"ts": start / 1000})
                    | ({} if end is None else {"end_ts": end / 1000})
                    for text, start, end in said
                ],
            }
            for i, (speaker, said) in enumerate(turns)
        ],
    }
    source = _source("temi", recording_id, variant, None, None, day)
    return parse_temi(json.dumps(body).encode(), source)


def _source(
    provider: str, recording_id: str, variant: str, language: str | None, duration_ms: int | None, day: dt.date
) -> Source:
    return Source(
        provider,
        recording_id,
        variant,
        day,
        dt.datetime(2026, 3, 2),
        language=language,
        duration_ms=duration_ms,
    )


class Marts:
    """Marts of some transcripts and lake rows, each computed when asked for."""

    def __init__(self, *transcripts: Transcript, **rows: list[dict[str, Any]]) -> None:
        self.connection: duckdb.DuckDBPyConnection = connect()
        self._given: dict[str, pa.Table] = {}
        for name, table in TABLES.items():
            self._given[name] = table.from_rows(rows.get(name, []))
            if name in ("transcripts", "turns", "words", "split_words", "raw_payloads") and transcripts:
                self._given[name] = pa.concat_tables([getattr(transcript, name) for transcript in transcripts])
        for name, empty in run_inputs(None).items():
            self._given[name] = pa.Table.from_pylist(rows.get(name, []), schema=empty.schema)
        self._done: set[str] = set()
        self._load("transcripts")

    def _load(self, name: str) -> None:
        if name in self._given:
            put(self.connection, name, self._given.pop(name))

    def table(self, name: str) -> pa.Table:
        """A mart as it would be stored."""
        self._compute(STEPS[name])
        return result(STEPS[name], self.connection)

    def rows(self, name: str, *columns: str) -> list[Any]:
        """A mart's rows as dicts, or as tuples of some columns; in the order of its key."""
        found = in_order_of_key(STEPS[name], self.table(name)).to_pylist()
        return [tuple(row[column] for column in columns) for row in found] if columns else found

    def one(self, name: str, **where: Any) -> dict[str, Any]:
        """The one row that has these values."""
        found = [row for row in self.rows(name) if all(row[column] == value for column, value in where.items())]
        assert len(found) == 1, f"{len(found)} rows of {name} where {where}"
        return dict(found[0])

    def _compute(self, mart: Mart) -> None:
        if mart.name in self._done:
            return
        for name in mart.reads:
            if name in STEPS:
                self._compute(STEPS[name])
            self._load(name)
        step(mart, self.connection)
        self._done.add(mart.name)


def in_order_of_key(mart: Mart, rows: pa.Table) -> pa.Table:
    """Files may have another order, in which they take less room."""
    return rows.sort_by([(name, "ascending") for name in mart.key])


def stored(names: Iterable[str] = STEPS) -> list[str]:
    """Names of the marts that the lake keeps."""
    return [name for name in names if STEPS[name].stored]
