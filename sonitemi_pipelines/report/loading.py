"""Reading one conversation from the warehouse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from sonitemi_pipelines.errors import WarehouseError
from sonitemi_pipelines.report.conversation import (
    MAIN_LANES,
    Conversation,
    Interruption,
    Minute,
    Paragraph,
    Speaker,
    Stretch,
    Term,
    Turn,
)
from sonitemi_pipelines.warehouse import answers

READS = (
    "transcripts",
    "recordings",
    "conversation_stats",
    "transcript_quality",
    "speaker_stats",
    "turns",
    "words",
    "joined_turns",
    "talk_parts",
    "silences",
    "overlaps",
    "turn_transitions",
    "interruptions",
    "speech_rate_timeline",
    "terms",
)
"""Tables of the warehouse that a conversation is read from."""

PARAGRAPH_MS = 20_000
"""A vendor may cut every second or two: turns of one speaker that begin within so long are read as one paragraph."""


def load_conversation(
    connection: duckdb.DuckDBPyConnection, provider: str, recording_id: str, variant: str = "latest"
) -> Conversation:
    """Read one conversation from the warehouse.

    Raises:
        WarehouseError: it has no such transcript, or no marts yet, or cannot read the lake's files.
    """
    with answers():
        return _Reader(connection, provider, recording_id, variant).conversation()


class Batch:
    """A database that holds a few hundred conversations and no others: each table is asked once for all of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, variant: str = "latest") -> None:
        self._connection, self._variant = connection, variant
        self._asked: dict[str, dict[tuple[str, str], list[dict[str, Any]]]] = {}

    def conversation(self, provider: str, recording_id: str) -> Conversation:
        """Errors: as `load_conversation`."""
        return _Reader(self._connection, provider, recording_id, self._variant, self).conversation()

    def rows(self, sql: str, key: tuple[str, str]) -> list[dict[str, Any]]:
        """The rows of one conversation among those of `sql`, whose parameter is the variant."""
        if sql not in self._asked:
            found = self._asked[sql] = {}
            for row in _dicts(self._connection, sql, (self._variant,)):
                found.setdefault((row["provider"], row["recording_id"]), []).append(row)
        return self._asked[sql].get(key, [])


def _dicts(connection: duckdb.DuckDBPyConnection, sql: str, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class _Reader:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        provider: str,
        recording_id: str,
        variant: str,
        batch: Batch | None = None,
    ) -> None:
        self._connection = connection
        self._key = (provider, recording_id, variant)
        self._batch = batch

    def conversation(self) -> Conversation:
        header = self._header()
        speakers = self._speakers()
        by_name = {speaker.name: speaker for speaker in speakers}
        texts = self._turn_texts(header["day"])
        return Conversation(
            header=header,
            stats=self._one("conversation_stats"),
            quality=self._one("transcript_quality"),
            speakers=speakers,
            turns=self._turns(by_name, self._texts_of_talk(texts, header["day"])),
            silences=self._stretches("silences", "speaker_before", "speaker_after"),
            overlaps=self._stretches("overlaps", "first_speaker", "second_speaker"),
            interruptions=self._interruptions(by_name),
            interruption_counts=tuple(
                self._rows("interruptions", order="interruptions DESC, interrupter NULLS LAST, interrupted NULLS LAST")
            ),
            minutes={
                (row["minute"], row["speaker"]): Minute(row["speaking_ms"], row["words"], row["speech_rate_wpm"])
                for row in self._rows("speech_rate_timeline")
            },
            terms=tuple(
                Term(row["n"], row["term"], row["occurrences"], row["first_ms"])
                for row in self._rows("terms", order="occurrences DESC, n DESC, term")
            ),
        )

    def _query(self, sql: str, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
        return _dicts(self._connection, sql, parameters)

    def _rows(
        self, table: str, *, order: str = "ALL", where: str = "true", only: str | None = None
    ) -> list[dict[str, Any]]:
        """`only`: what is true of all rows of this conversation, said to read fewer files."""
        if self._batch is not None:
            sql = f'SELECT * FROM main."{table}" WHERE variant = ? AND {where} ORDER BY {order}'
            return self._batch.rows(sql, self._key[:2])
        return self._query(
            f'SELECT * FROM main."{table}" WHERE provider = ? AND recording_id = ? AND variant = ? AND {where} '
            f"AND {only or 'true'} ORDER BY {order}",
            self._key,
        )

    def _one(self, table: str) -> dict[str, Any]:
        return next(iter(self._rows(table)), {})

    def _header(self) -> dict[str, Any]:
        columns = (
            "SELECT t.*, r.name, r.url, r.created_at, r.deleted_at FROM transcripts AS t "
            "LEFT JOIN recordings AS r USING (provider, recording_id) "
        )
        if self._batch is not None:
            found = self._batch.rows(f"{columns} WHERE t.variant = ?", self._key[:2])
        else:
            found = self._query(f"{columns} WHERE t.provider = ? AND t.recording_id = ? AND t.variant = ?", self._key)
        if found:
            return found[0]
        provider, recording_id, variant = self._key
        variants = self._query(
            "SELECT variant FROM transcripts WHERE provider = ? AND recording_id = ? ORDER BY ALL", self._key[:2]
        )
        if variants:
            there = ", ".join(row["variant"] for row in variants)
            raise WarehouseError(
                f"{provider} {recording_id} has no transcript '{variant}' in the warehouse, but: {there}"
            )
        known = self._query(
            "SELECT vendor_status FROM recordings WHERE provider = ? AND recording_id = ?", self._key[:2]
        )
        if known:
            raise WarehouseError(
                f"{provider} {recording_id} is {known[0]['vendor_status']} at the vendor and has no transcript in the "
                "warehouse; run `sonitemi sync` once it is completed"
            )
        raise WarehouseError(f"the warehouse has no {provider} recording {recording_id}; check the id, or sync first")

    def _speakers(self) -> tuple[Speaker, ...]:
        rows = self._rows("speaker_stats", order="coalesce(speaking_ms, -1) DESC, words DESC, speaker NULLS LAST")
        shared = len(rows) > MAIN_LANES
        return tuple(
            Speaker(row["speaker"], 0 if shared and place >= MAIN_LANES - 1 else place + 1, row)
            for place, row in enumerate(rows)
        )

    def _turn_texts(self, day: dt.date) -> list[Paragraph]:
        rows = self._rows("turns", order="turn_index", only=f"day = DATE '{day}'")
        return [Paragraph(row["start_ms"], row["text"] or "") for row in rows]

    def _turns(self, by_name: dict[str | None, Speaker], parts: dict[int, list[Paragraph]]) -> tuple[Turn, ...]:
        return tuple(
            Turn(
                index=row["joined_index"],
                speaker=by_name[row["speaker"]],
                start_ms=row["start_ms"],
                end_ms=row["end_ms"],
                paragraphs=_paragraphs(parts.get(row["joined_index"], [])),
            )
            for row in self._rows("joined_turns", order="joined_index")
        )

    def _texts_of_talk(self, texts: list[Paragraph], day: dt.date) -> dict[int, list[Paragraph]]:
        """The vendor's turns by turn of talk, those that hold several turns of talk cut where these begin."""
        rows = self._rows("talk_parts", order="turn_index, first_word_index")
        of_turn: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            of_turn.setdefault(row["turn_index"], []).append(row)
        cut = [index for index, own in of_turn.items() if len(own) > 1]
        tokens: dict[int, list[tuple[int, str]]] = {}
        if cut:
            turns = ", ".join(map(str, cut))
            for word in self._query(
                "SELECT turn_index, word_index, text FROM words "
                f"WHERE provider = ? AND recording_id = ? AND variant = ? AND day = DATE '{day}' "
                f"AND turn_index IN ({turns}) AND NOT coalesce(struck, false) ORDER BY word_index",
                self._key,
            ):
                tokens.setdefault(word["turn_index"], []).append((word["word_index"], word["text"]))
        parts: dict[int, list[tuple[int, Paragraph]]] = {}
        for index, own in of_turn.items():
            if index >= len(texts):
                continue
            starts = [row["first_word_index"] for row in own]
            pieces = _cut(texts[index].text, tokens.get(index, []), starts)
            for row, piece in zip(own, pieces, strict=True):
                place = row["start_ms"] if row["start_ms"] is not None else -1
                parts.setdefault(row["joined_index"], []).append((place, Paragraph(row["start_ms"], piece)))
        return {
            joined: [paragraph for _, paragraph in sorted(own, key=lambda part: part[0])]
            for joined, own in parts.items()
        }

    def _stretches(self, table: str, before: str, after: str) -> tuple[Stretch, ...]:
        rows = self._rows(table, order="start_ms")
        return tuple(Stretch(row["start_ms"], row["end_ms"], row[before], row[after]) for row in rows)

    def _interruptions(self, by_name: dict[str | None, Speaker]) -> tuple[Interruption, ...]:
        rows = self._rows("turn_transitions", order="at_ms, joined_index", where="kind = 'interruption'")
        return tuple(
            Interruption(
                row["joined_index"],
                by_name[row["to_speaker"]],
                by_name[row["from_speaker"]],
                row["at_ms"],
                row["overlap_ms"],
            )
            for row in rows
        )


def _cut(text: str, tokens: list[tuple[int, str]], starts: list[int]) -> list[str]:
    """A text cut before the tokens at `starts` (ascending); as many pieces, the first from the beginning."""
    places, behind = {}, 0
    for index, token in tokens:
        found = text.find(token, behind)
        if found >= 0:
            places[index] = found
            behind = found + len(token)
    edges = [0]
    for start in starts[1:]:
        edges.append(next((places[index] for index in sorted(places) if index >= start), len(text)))
    return [text[begin:end].strip() for begin, end in zip(edges, [*edges[1:], len(text)], strict=True)]


def _paragraphs(vendor_turns: list[Paragraph]) -> tuple[Paragraph, ...]:
    joined: list[Paragraph] = []
    for turn in vendor_turns:
        before = joined[-1] if joined else None
        if before is not None and (
            turn.start_ms is None or before.start_ms is None or turn.start_ms - before.start_ms < PARAGRAPH_MS
        ):
            start = turn.start_ms if before.start_ms is None else before.start_ms
            joined[-1] = Paragraph(start, f"{before.text} {turn.text}".strip())
        else:
            joined.append(turn)
    return tuple(joined)
