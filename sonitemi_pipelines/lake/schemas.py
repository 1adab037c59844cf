"""Every lake table: columns, units, meaning. The one source of truth for Arrow, Delta, DuckDB and Dagster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

LAKE_SCHEMA_VERSION = 1
"""Raised when an older release could no longer read the lake; an older release refuses a newer lake."""

TIMESTAMP = pa.timestamp("us")
"""Moments: UTC, without a zone in the type, so that SQL engines need no time-zone data to read them."""
MS = pa.int32()
MONEY = pa.decimal128(18, 2)


@dataclass(frozen=True)
class Column:
    """One column: Arrow type, meaning, unit ('' when it has none)."""

    name: str
    type: pa.DataType
    doc: str
    unit: str = ""
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """One lake table.

    Attributes:
        doc: one row per what.
        key: the columns that name a row.
        partition_by: Delta partition columns, for tables that grow with the words.
        sort_by: order of rows in a file, for encoding and pruning.
        as_view: grows with the words, so the warehouse shows it as a view of the lake's files and keeps no copy.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...] = ()
    sort_by: tuple[str, ...] = ()
    as_view: bool = False

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.type, column.nullable) for column in self.columns])

    def build(self, columns: dict[str, Any]) -> pa.Table:
        """An Arrow table of exactly this schema; columns not given are NULL."""
        length = len(next(iter(columns.values()))) if columns else 0
        arrays = []
        for field in self.schema:
            values = columns.get(field.name)
            if values is None:
                arrays.append(pa.nulls(length, field.type))
            elif isinstance(values, pa.Array | pa.ChunkedArray):
                arrays.append(values.cast(field.type))
            else:
                arrays.append(pa.array(values, field.type))
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def from_rows(self, rows: Iterable[dict[str, Any]]) -> pa.Table:
        """An Arrow table of exactly this schema from small row dicts; missing members are NULL."""
        return pa.Table.from_pylist(list(rows), schema=self.schema)


def _text(name: str, doc: str, *, key: bool = False) -> Column:
    return Column(name, pa.string(), doc, nullable=not key)


def _moment(name: str, doc: str) -> Column:
    return Column(name, TIMESTAMP, doc, "UTC")


_PROVIDER = _text("provider", "'sonix' or 'temi'", key=True)
_RECORDING_ID = _text("recording_id", "Sonix media id or Temi job id", key=True)
_VARIANT = _text("variant", "'latest', 'machine' (Temi, before editing) or 'translation-LANGUAGE' (Sonix)", key=True)
_DAY = Column(
    "day", pa.date32(), "UTC date of creation at the vendor; never changes; partitions big tables", nullable=False
)
_EXTRA = _text("extra", "JSON of the fields the vendor sent beyond its document; NULL when none")
_SEEN = (
    _moment("first_seen_at", "when a sync first saw it"),
    _moment("changed_at", "when a sync last saw it differ"),
    _moment("deleted_at", "when it was found gone from the vendor; NULL while it is there"),
)
_TRANSCRIPT_KEY = ("provider", "recording_id", "variant")

SONIX_MEDIA = Table(
    "sonix_media",
    "One row per Sonix media file (operation media.list).",
    ("media_id",),
    (
        _text("media_id", "unique identifier of the media file", key=True),
        _text("name", "name given by the user; the file name by default"),
        _text("status", "status as Sonix sent it: preparing, transcribing, aligning, completed, failed, blocked, ..."),
        _text("language", "language code of the transcription"),
        Column("duration_ms", MS, "length of the media", "ms"),
        Column("video", pa.bool_(), "true for video, false for audio only"),
        _moment("created_at", "when the media was uploaded"),
        _moment("updated_at", "when the media last changed, where Sonix says so"),
        _text("public_url", "shareable read-only view of the transcript"),
        _text("custom_data", "JSON of the key-value pairs attached by the user"),
        _text("custom_label", "label given by the user"),
        _text("folder_id", "folder that holds the media; NULL in the home folder"),
        _text("folder_name", "name of that folder"),
        _text("duplicate_media_id", "for status 'duplicate': the media it repeats"),
        _EXTRA,
        *_SEEN,
        _DAY,
    ),
)

SONIX_FOLDERS = Table(
    "sonix_folders",
    "One row per Sonix folder (operation folders.list).",
    ("folder_id",),
    (
        _text("folder_id", "unique identifier of the folder", key=True),
        _text("name", "name with its path; Sonix sends it as `name` or as `email`"),
        _text("access_control", "internal, external or restricted"),
        Column("restricted_users", pa.list_(pa.string()), "e-mail addresses a restricted folder is open to"),
        _EXTRA,
        *_SEEN,
    ),
)

SONIX_USERS = Table(
    "sonix_users",
    "One row per user of the Sonix account (operation users.list).",
    ("user_id",),
    (
        _text("user_id", "unique identifier of the user", key=True),
        _text("name", "name of the user"),
        _text("email", "e-mail address of the user"),
        _text("role", "role in the account"),
        _EXTRA,
        *_SEEN,
    ),
)

SONIX_BATCH_SUMMARIES = Table(
    "sonix_batch_summaries",
    "One row per media in a batch summarization; one row without media while the batch is processing.",
    ("batch_id", "media_id"),
    (
        _text("batch_id", "unique identifier of the batch summarization", key=True),
        _text("media_id", "media the summary is of; NULL while the batch is processing"),
        _text("folder_id", "folder the batch was asked for"),
        _text("prompt", "what was asked"),
        _text("status", "status as Sonix sent it: processing, completed, ..."),
        _moment("created_at", "when the batch was asked for"),
        _text("summary", "the answer"),
        _moment("fetched_at", "when the answer was fetched"),
        _text("transcript_revision", "revision of the media's latest transcript when the answer was fetched"),
        Column("stale", pa.bool_(), "true when the transcript changed after the answer was fetched"),
        _EXTRA,
    ),
)

SONIX_SUMMARIES = Table(
    "sonix_summaries",
    "One row per summarization this package asked for (Sonix has no list of them).",
    ("summarization_id",),
    (
        _text("summarization_id", "unique identifier of the summarization", key=True),
        _text("media_id", "media the summary is of"),
        _text("prompt", "what was asked"),
        _text("status", "status as Sonix sent it: processing, completed, ..."),
        _text("summary", "the answer; NULL until completed"),
        _moment("created_at", "when it was asked for"),
        _moment("fetched_at", "when the answer was fetched"),
        _text("transcript_revision", "revision of the media's latest transcript when the answer was fetched"),
        Column("stale", pa.bool_(), "true when the transcript changed after the answer was fetched"),
        _EXTRA,
    ),
)

SONIX_TRANSLATIONS = Table(
    "sonix_translations",
    "One row per translation this package asked for or was told of.",
    ("media_id", "language"),
    (
        _text("media_id", "media that is translated", key=True),
        _text("language", "language code translated to", key=True),
        _text("status", "status as Sonix sent it: queued, processing, completed, failed, ..."),
        _moment("created_at", "when it was asked for"),
        _moment("changed_at", "when a sync last saw it differ"),
        _EXTRA,
    ),
)

TEMI_JOBS = Table(
    "temi_jobs",
    "One row per Temi job (operation jobs.list).",
    ("job_id",),
    (
        _text("job_id", "unique identifier of the job", key=True),
        _text("name", "name of the file as Temi shows it"),
        _text("status", "status as Temi sent it: in_progress, transcribed, failed, ..."),
        _moment("created_at", "when the job was created"),
        _moment("last_modified_at", "when the transcript was last modified in the editor; NULL when never"),
        Column("duration_ms", MS, "length of the media", "ms"),
        _text("web_url", "the editor's page of the transcript"),
        _text("callback_url", "URL called when the job ends"),
        _text("metadata", "text attached when the job was submitted"),
        _text("failure", "failure reason: unspecified, download_failure, insufficient_balance, invalid_media, ..."),
        _text("failure_detail", "why it failed, in words"),
        _EXTRA,
        *_SEEN,
        _DAY,
    ),
)

TEMI_ACCOUNT_BALANCE = Table(
    "temi_account_balance",
    "One row per observation of the Temi account balance (operation account.get).",
    ("observed_at",),
    (
        _moment("observed_at", "when the balance was read"),
        Column("balance", MONEY, "prepaid credit left", "USD"),
        _EXTRA,
    ),
)

TRANSCRIPTS = Table(
    "transcripts",
    "One row per transcript variant: the header of its turns and words.",
    _TRANSCRIPT_KEY,
    (
        _PROVIDER,
        _RECORDING_ID,
        _VARIANT,
        _text("revision", "sha256 of the payload's bytes, in hex"),
        _text("title", "name in the payload (Sonix) or of the job (Temi)"),
        _text("language", "language code of the transcript; NULL when the vendor does not say"),
        Column("duration_ms", MS, "length of the media as listed", "ms"),
        Column("quality_score", pa.float64(), "Sonix's own score, 0 to 100; NULL when it sent none"),
        Column("speaker_count", pa.int32(), "distinct known speakers"),
        Column("turn_count", pa.int32(), "turns as the vendor cut them"),
        Column("token_count", pa.int32(), "rows of `words`: vendor tokens of any kind"),
        Column("word_count", pa.int32(), "words spoken, struck ones included"),
        _text("text", "the final text, turn by turn, struck words left out; '\\n' between turns"),
        _moment("source_modified_at", "the vendor's time of modification when this was fetched"),
        _moment("fetched_at", "when this revision was fetched"),
        _EXTRA,
        _DAY,
    ),
    partition_by=("provider", "day"),
    sort_by=_TRANSCRIPT_KEY,
)

TURNS = Table(
    "turns",
    "One row per speaker turn as the vendor cut it (Sonix segment, Temi monologue).",
    (*_TRANSCRIPT_KEY, "turn_index"),
    (
        _PROVIDER,
        _RECORDING_ID,
        _VARIANT,
        Column("turn_index", pa.int32(), "position in the transcript, from 0", nullable=False),
        _text("speaker", "speaker's name as labelled; NULL when unknown"),
        Column(
            "start_ms", MS, "start: the vendor's, or of the first timed word if that is earlier or none is given", "ms"
        ),
        Column("end_ms", MS, "end: the vendor's, or of the last timed word if that is later or none is given", "ms"),
        Column("word_count", pa.int32(), "words spoken, struck ones included"),
        Column("timed_word_count", pa.int32(), "of those, words in tokens that have a start and an end"),
        Column("struck_word_count", pa.int32(), "of those, words struck through by an editor"),
        Column("highlighted_word_count", pa.int32(), "of those, words highlighted by an editor"),
        Column("phonation_ms", MS, "sum of the lengths of the timed words, struck ones included", "ms"),
        _text("text", "the turn's text, struck words left out"),
        _EXTRA,
        _DAY,
    ),
    partition_by=("provider", "day"),
    sort_by=(*_TRANSCRIPT_KEY, "turn_index"),
    as_view=True,
)

WORDS = Table(
    "words",
    "One row per vendor token, none dropped (Sonix word, Temi element).",
    (*_TRANSCRIPT_KEY, "word_index"),
    (
        _PROVIDER,
        _RECORDING_ID,
        _VARIANT,
        Column("word_index", pa.int32(), "position in the transcript, from 0", nullable=False),
        Column("turn_index", pa.int32(), "the turn it stands in", nullable=False),
        _text("speaker", "the turn's speaker; NULL when unknown"),
        _text("text", "the token as sent, spaces around it removed"),
        _text("kind", "'word', 'tag' (such as `laugh` in angle brackets) or 'punct'"),
        Column(
            "word_count",
            pa.int32(),
            "words that begin in this token: 0 when blank, a tag, punctuation or a word's rest",
        ),
        Column("start_ms", MS, "start in the media; NULL when untimed", "ms"),
        Column("end_ms", MS, "end in the media; NULL when untimed", "ms"),
        Column("struck", pa.bool_(), "struck through by an editor: spoken, but not in the final text"),
        Column("highlighted", pa.bool_(), "highlighted by an editor"),
        _EXTRA,
        _DAY,
    ),
    partition_by=("provider", "day"),
    sort_by=(*_TRANSCRIPT_KEY, "word_index"),
    as_view=True,
)

SPOKEN_WORDS = Table(
    "spoken_words",
    "One row per word spoken: tokens that hold several words taken apart, pieces of one word put together, tags and "
    "remarks in brackets left out. What a word is was decided once, when the transcript was read; every measure of "
    "text and the search start here.",
    (*_TRANSCRIPT_KEY, "position"),
    (
        _PROVIDER,
        _RECORDING_ID,
        _VARIANT,
        Column("position", pa.int32(), "position among the words of the transcript, from 0", nullable=False),
        _text("term", "the word as compared: NFKC, lower case, one kind of apostrophe and hyphen, bare of punctuation"),
        _text("shown", "the word as the vendor sent it, what stands between its pieces included"),
        Column("word_index", pa.int32(), "the token of `words` in which it begins", nullable=False),
        Column("turn_index", pa.int32(), "the turn it stands in", nullable=False),
        _text("speaker", "the turn's speaker; NULL when unknown"),
        Column("start_ms", MS, "start of its first token in the media; NULL when untimed", "ms"),
        Column("end_ms", MS, "end of its last token; NULL when untimed", "ms"),
        Column("struck", pa.bool_(), "struck through by an editor in all its tokens"),
        _DAY,
    ),
    partition_by=("provider", "day"),
    sort_by=(*_TRANSCRIPT_KEY, "position"),
    as_view=True,
)

RAW_PAYLOADS = Table(
    "raw_payloads",
    "One row per transcript revision ever seen, with the bytes as they came.",
    (*_TRANSCRIPT_KEY, "revision"),
    (
        _PROVIDER,
        _RECORDING_ID,
        _VARIANT,
        _text("revision", "sha256 of `body`, in hex", key=True),
        _moment("fetched_at", "when this revision was first fetched"),
        Column("body", pa.binary(), "the payload's bytes as they came"),
        _DAY,
    ),
    partition_by=("provider", "day"),
    sort_by=(*_TRANSCRIPT_KEY, "revision"),
    as_view=True,
)

SYNC_FAILURES = Table(
    "sync_failures",
    "One row per transcript that could not be ingested and is tried again at the next run; gone once it arrives.",
    _TRANSCRIPT_KEY,
    (
        _PROVIDER,
        _RECORDING_ID,
        _VARIANT,
        _text("reason", "what the last try ended with"),
        _moment("first_failed_at", "when it first failed"),
        _moment("last_failed_at", "when it last failed"),
        Column("attempts", pa.int32(), "tries so far, one per run"),
    ),
)

VENDOR_REQUESTS = Table(
    "vendor_requests",
    "One row per request that costs money, written before it is sent and again once it is answered.",
    ("request_id",),
    (
        _text("request_id", "identifier of ours, a UUID in hex; submissions carry it to the vendor", key=True),
        _PROVIDER,
        _text("operation", "what was asked for, as the client names it: media.submit, translations.create, ..."),
        _text("request_hash", "sha256 in hex over what makes two requests the same: content, options, prompt, ids"),
        _text("subject", "file name, URL, media id or folder id it is about"),
        _text("status", "'asked', 'accepted', 'refused', 'failed' (never sent) or 'unknown' (no answer)"),
        _text("vendor_id", "the vendor's id of what came of it; 'MEDIA_ID/LANGUAGE' for a translation"),
        _text("error", "why it was not accepted, in words"),
        _text("requested_by", "who asked: the user of the Dagster run or of the operating system"),
        _moment("requested_at", "when it was first asked for, before anything was sent"),
        _moment("sent_at", "when it was sent last"),
        _moment("answered_at", "when the answer came, or the request was found at the vendor"),
        _text("run_id", "Dagster run that sent it last; NULL from the command line"),
        Column("forced", pa.bool_(), "sent although the same request had been made before"),
    ),
)

FORGOTTEN = Table(
    "forgotten",
    "One row per recording erased by `sonitemi forget`, so that no sync brings it back. Holds nothing but its id.",
    ("provider", "recording_id"),
    (_PROVIDER, _RECORDING_ID, _moment("forgotten_at", "when it was erased")),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SONIX_MEDIA,
        SONIX_FOLDERS,
        SONIX_USERS,
        SONIX_BATCH_SUMMARIES,
        SONIX_SUMMARIES,
        SONIX_TRANSLATIONS,
        TEMI_JOBS,
        TEMI_ACCOUNT_BALANCE,
        TRANSCRIPTS,
        TURNS,
        WORDS,
        SPOKEN_WORDS,
        RAW_PAYLOADS,
        SYNC_FAILURES,
        VENDOR_REQUESTS,
        FORGOTTEN,
    )
}
"""The tables that ingestion writes, by name. `recordings` and the marts are defined by `sql/marts/*.sql`."""
