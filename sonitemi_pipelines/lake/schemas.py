"""Every lake table: columns, units, meaning. The one source of truth for Arrow, Delta, DuckDB and Dagster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from sonitemi_pipelines.lake.pandas_later import put_off

put_off()

LAKE_SCHEMA_VERSION = 3
"""Raised by every change of a table: a column that is new (it says `since`), or anything else (a migration). An older
release refuses a newer lake."""

TIMESTAMP = pa.timestamp("us")
"""Moments: UTC, without a zone in the type, so that SQL engines need no time-zone data to read them."""
MS = pa.int32()
MONEY = pa.decimal128(18, 2)


@dataclass(frozen=True)
class Column:
    """One column: Arrow type, meaning, unit ('' when it has none), and the schema version that brought it."""

    name: str
    type: pa.DataType
    doc: str
    unit: str = ""
    nullable: bool = True
    since: int = 1


@dataclass(frozen=True)
class Table:
    """One lake table.

    Attributes:
        doc: one row per what.
        key: the columns that name a row.
        grows: grows with the words: a file holds recordings of neighbouring months, so that a day, a recording and a
            change touch few files, however many there are.
        sort_by: order of rows in a file, for encoding and pruning.
        row_group: rows read at once at least.
        files: about so many there are at most, however large the table: a query opens all of them.
        as_view: grows with the words, so the warehouse shows it as a view of the lake's files and keeps no copy.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    grows: bool = False
    sort_by: tuple[str, ...] = ()
    as_view: bool = False
    row_group: int = 131_072
    files: int = 64

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.type, column.nullable) for column in self.columns])

    def build(self, columns: dict[str, Any], *, encoded: bool = False) -> pa.Table:
        """An Arrow table of exactly this schema; columns not given are NULL.

        Args:
            encoded: leave text that comes as a dictionary as one.
        """
        length = len(next(iter(columns.values()))) if columns else 0
        arrays = []
        for field in self.schema:
            values = columns.get(field.name)
            if values is None:
                arrays.append(pa.nulls(length, field.type))
            elif isinstance(values, pa.Array | pa.ChunkedArray):
                arrays.append(values if encoded and _stands_for(values.type, field) else values.cast(field.type))
            else:
                arrays.append(pa.array(values, field.type))
        fields = [field.with_type(array.type) for field, array in zip(self.schema, arrays, strict=True)]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))

    def typed(self, rows: pa.Table) -> pa.Table:
        """`rows` with this table's columns, order and types; text that comes as a dictionary stays one."""
        rows = rows.select(self.schema.names)
        kept = [
            field.with_type(given.type) if _stands_for(given.type, field) else field
            for field, given in zip(self.schema, rows.schema, strict=True)
        ]
        return rows.cast(pa.schema(kept))

    def plain(self, rows: pa.Table) -> pa.Table:
        """`rows` in exactly this schema."""
        return rows if rows.schema.equals(self.schema) else rows.select(self.schema.names).cast(self.schema)

    def from_rows(self, rows: Iterable[dict[str, Any]]) -> pa.Table:
        """An Arrow table of exactly this schema from small row dicts; missing members are NULL."""
        return pa.Table.from_pylist(list(rows), schema=self.schema)


def _stands_for(given: pa.DataType, field: pa.Field[Any]) -> bool:
    return pa.types.is_dictionary(given) and given.value_type == field.type


def text(name: str, doc: str, *, key: bool = False) -> Column:
    """A column of text."""
    return Column(name, pa.string(), doc, nullable=not key)


def moment(name: str, doc: str) -> Column:
    """A column of moments, UTC."""
    return Column(name, TIMESTAMP, doc, "UTC")


PROVIDER = text("provider", "'sonix' or 'temi'", key=True)
RECORDING_ID = text("recording_id", "Sonix media id or Temi job id", key=True)
VARIANT = text("variant", "'latest', 'machine' (Temi, before editing) or 'translation-LANGUAGE' (Sonix)", key=True)
DAY = Column("day", pa.date32(), "UTC date of creation at the vendor; never changes", nullable=False)
EXTRA = text("extra", "JSON of the fields the vendor sent beyond its document; NULL when none")
SEEN = (
    moment("first_seen_at", "when a sync first saw it"),
    moment("changed_at", "when a sync last saw it differ"),
    moment("deleted_at", "when it was found gone from the vendor; NULL while it is there"),
)
_TRANSCRIPT_KEY = ("provider", "recording_id", "variant")

TRANSCRIPTS = Table(
    "transcripts",
    "One row per transcript variant: the header of its turns and words.",
    _TRANSCRIPT_KEY,
    (
        PROVIDER,
        RECORDING_ID,
        VARIANT,
        text("revision", "sha256 of the payload's bytes, in hex"),
        text("title", "name in the payload (Sonix) or of the job (Temi); NULL when it has none"),
        text("language", "language code of the transcript; NULL when the vendor does not say"),
        Column("duration_ms", MS, "length of the media as listed; NULL when the list does not say", "ms"),
        Column("quality_score", pa.float64(), "Sonix's own score, 0 to 100; NULL when it sent none"),
        Column("speaker_count", pa.int32(), "distinct known speakers"),
        Column("turn_count", pa.int32(), "turns as the vendor cut them"),
        Column("token_count", pa.int32(), "rows of `words`: vendor tokens of any kind"),
        Column("word_count", pa.int32(), "words spoken, struck ones included"),
        Column(
            "split_word_count",
            pa.int32(),
            "of those, rows of `split_words`; NULL until a payload fetched by release 0.1.0 was read again",
            since=3,
        ),
        text("text", "the final text, turn by turn, struck words left out; '\\n' between turns"),
        moment("source_modified_at", "the vendor's time of modification when this was fetched; NULL if it sends none"),
        moment("fetched_at", "when this revision was fetched"),
        EXTRA,
        DAY,
    ),
    grows=True,
    sort_by=_TRANSCRIPT_KEY,
    as_view=True,
    row_group=256,
    # Every run reads some columns of all headers several times, which costs by the file.
    files=16,
)

TURNS = Table(
    "turns",
    "One row per speaker turn as the vendor cut it (Sonix segment, Temi monologue).",
    (*_TRANSCRIPT_KEY, "turn_index"),
    (
        PROVIDER,
        RECORDING_ID,
        VARIANT,
        Column("turn_index", pa.int32(), "position in the transcript, from 0", nullable=False),
        text("speaker", "speaker's name as labelled; NULL when unknown"),
        Column(
            "start_ms",
            MS,
            "start: the vendor's, or of the first timed word if that is earlier or none is given; NULL without either",
            "ms",
        ),
        Column(
            "end_ms",
            MS,
            "end: the vendor's, or of the last timed word if that is later or none is given; NULL without either",
            "ms",
        ),
        Column("word_count", pa.int32(), "words spoken, struck ones included"),
        Column("timed_word_count", pa.int32(), "of those, words in tokens that have a start and an end"),
        Column("struck_word_count", pa.int32(), "of those, words struck through by an editor"),
        Column("highlighted_word_count", pa.int32(), "of those, words highlighted by an editor"),
        Column("phonation_ms", MS, "sum of the lengths of the timed words, struck ones included", "ms"),
        text("text", "the turn's text, struck words left out"),
        EXTRA,
        DAY,
    ),
    grows=True,
    sort_by=(*_TRANSCRIPT_KEY, "turn_index"),
    as_view=True,
)

WORDS = Table(
    "words",
    "One row per vendor token, none dropped (Sonix word, Temi element).",
    (*_TRANSCRIPT_KEY, "word_index"),
    (
        PROVIDER,
        RECORDING_ID,
        VARIANT,
        Column("word_index", pa.int32(), "position in the transcript, from 0", nullable=False),
        Column("turn_index", pa.int32(), "the turn it stands in", nullable=False),
        text("speaker", "the turn's speaker; NULL when unknown"),
        text("text", "the token as sent, spaces around it removed"),
        text("kind", "'word', 'tag' (such as `laugh` in angle brackets) or 'punct'"),
        Column(
            "word_count",
            pa.int32(),
            "words that begin in this token: 0 when blank, a tag, punctuation or a word's rest",
        ),
        Column(
            "position",
            pa.int32(),
            "position among the words of the transcript, from 0, of the first that begins in it; NULL when none does",
            since=3,
        ),
        Column(
            "whole",
            pa.bool_(),
            "the token is one whole word; the words of other tokens are in `split_words`",
            since=3,
        ),
        Column(
            "term",
            pa.string(),
            "of a whole word, the word as compared where that is not `text` itself; NULL otherwise. `spoken_words` has "
            "the term of every word",
            since=3,
        ),
        Column("start_ms", MS, "start in the media; NULL when untimed", "ms"),
        Column("end_ms", MS, "end in the media; NULL when untimed", "ms"),
        Column("struck", pa.bool_(), "struck through by an editor: spoken, but not in the final text"),
        Column("highlighted", pa.bool_(), "highlighted by an editor"),
        EXTRA,
        DAY,
    ),
    grows=True,
    sort_by=(*_TRANSCRIPT_KEY, "word_index"),
    as_view=True,
)

SPLIT_WORDS = Table(
    "split_words",
    "One row per word spoken that is not one token of `words` by itself: of a token that holds several, or of several "
    "that hold one. `spoken_words` has these and all others.",
    (*_TRANSCRIPT_KEY, "position"),
    (
        PROVIDER,
        RECORDING_ID,
        VARIANT,
        Column("position", pa.int32(), "position among the words of the transcript, from 0", nullable=False),
        text("term", "the word as compared"),
        text("shown", "the word as the vendor sent it, what stands between its pieces included"),
        Column("word_index", pa.int32(), "the token of `words` in which it begins", nullable=False),
        Column("turn_index", pa.int32(), "the turn it stands in", nullable=False),
        text("speaker", "the turn's speaker; NULL when unknown"),
        Column("start_ms", MS, "start of its first token in the media; NULL when untimed", "ms"),
        Column("end_ms", MS, "end of its last token; NULL when untimed", "ms"),
        Column("struck", pa.bool_(), "struck through by an editor in all its tokens"),
        DAY,
    ),
    grows=True,
    sort_by=(*_TRANSCRIPT_KEY, "position"),
    as_view=True,
)

RAW_PAYLOADS = Table(
    "raw_payloads",
    "One row per transcript revision ever seen, with the bytes as they came.",
    (*_TRANSCRIPT_KEY, "revision"),
    (
        PROVIDER,
        RECORDING_ID,
        VARIANT,
        text("revision", "sha256 of `body`, in hex", key=True),
        moment("fetched_at", "when this revision was first fetched"),
        Column("body", pa.binary(), "the payload's bytes as they came"),
        DAY,
    ),
    grows=True,
    sort_by=(*_TRANSCRIPT_KEY, "revision"),
    as_view=True,
    row_group=64,
)

SYNC_FAILURES = Table(
    "sync_failures",
    "One row per transcript that could not be ingested and is tried again at the next run; gone once it arrives.",
    _TRANSCRIPT_KEY,
    (
        PROVIDER,
        RECORDING_ID,
        VARIANT,
        text("reason", "what the last try ended with"),
        moment("first_failed_at", "when it first failed"),
        moment("last_failed_at", "when it last failed"),
        Column("attempts", pa.int32(), "tries so far, one per run"),
    ),
)

MART_FAILURES = Table(
    "mart_failures",
    "One row per recording and mart that could not be computed for it and is tried again at the next run; the other "
    "marts of the recording, and all other recordings, are there. A mart of grain corpus that could not be computed "
    "has one row without a recording, and holds what it held.",
    ("provider", "recording_id", "mart"),
    (
        text("provider", "'sonix' or 'temi'; NULL for a mart of grain corpus"),
        text("recording_id", "Sonix media id or Temi job id; NULL for a mart of grain corpus"),
        text("mart", "the mart, or the step before marts that others read", key=True),
        text("reason", "what the last try ended with"),
        moment("failed_at", "when it was found to fail"),
    ),
)

VENDOR_REQUESTS = Table(
    "vendor_requests",
    "One row per request that costs money, written before it is sent and again once it is answered.",
    ("request_id",),
    (
        text("request_id", "identifier of ours, a UUID in hex; submissions carry it to the vendor", key=True),
        PROVIDER,
        text("operation", "what was asked for, as the client names it: media.submit, translations.create, ..."),
        text("request_hash", "sha256 in hex over what makes two requests the same: content, options, prompt, ids"),
        text("subject", "file name, URL, media id or folder id it is about"),
        text("status", "'asked', 'accepted', 'refused', 'failed' (never sent) or 'unknown' (no answer)"),
        text(
            "vendor_id", "the vendor's id of what came of it; 'MEDIA_ID/LANGUAGE' for a translation; NULL until known"
        ),
        text("error", "why it was not accepted, in words; NULL when it was, or is not known to be refused"),
        text("requested_by", "who asked: the user of the Dagster run or of the operating system"),
        moment("requested_at", "when it was first asked for, before anything was sent"),
        Column("sent_at", TIMESTAMP, "when it was sent last; NULL in lakes from before it was kept", "UTC", since=2),
        moment("answered_at", "when the answer came, or the request was found there; NULL until then"),
        text("run_id", "Dagster run that sent it last; NULL from the command line"),
        Column("forced", pa.bool_(), "sent although the same request had been made before"),
        Column(
            "known_before",
            pa.list_(pa.string()),
            "ids of the same kind that were at the vendor just before it was sent, where nothing else would tell its "
            "result from theirs; NULL when nobody asked",
            since=3,
        ),
    ),
)

FORGOTTEN = Table(
    "forgotten",
    "One row per recording erased by `sonitemi forget`, so that no sync brings it back. Holds nothing but its id.",
    ("provider", "recording_id"),
    (PROVIDER, RECORDING_ID, moment("forgotten_at", "when it was erased")),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        TRANSCRIPTS,
        TURNS,
        WORDS,
        SPLIT_WORDS,
        RAW_PAYLOADS,
        SYNC_FAILURES,
        MART_FAILURES,
        VENDOR_REQUESTS,
        FORGOTTEN,
    )
}
"""The tables that ingestion writes, by name; `sonitemi_pipelines.vendors` adds those that are one vendor's own.
`recordings` and the marts are defined by `sql/marts/*.sql`."""
