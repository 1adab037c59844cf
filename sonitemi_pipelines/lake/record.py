"""One transcript as the lake commits it: what is known of it from outside, and its rows of every table."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Source:
    """What the listing knows of a transcript and its payload does not.

    Attributes:
        provider: 'sonix' or 'temi'.
        recording_id: Sonix media id or Temi job id.
        variant: 'latest', 'machine' or 'translation-<language>'.
        day: UTC date of creation at the vendor.
        fetched_at: when the payload was fetched, naive UTC.
        title: name as listed, for payloads that have none.
        language: language code as listed, for payloads that have none.
        duration_ms: length of the media as listed.
        source_modified_at: the vendor's time of modification as listed, naive UTC.
    """

    provider: str
    recording_id: str
    variant: str
    day: datetime.date
    fetched_at: datetime.datetime
    title: str | None = None
    language: str | None = None
    duration_ms: int | None = None
    source_modified_at: datetime.datetime | None = None


@dataclass(frozen=True)
class TranscriptBatch:
    """Parsed transcripts, ready for the lake; the tables have the schemas of `lake/schemas.py`, where those of turns
    and words may have dictionaries in place of texts that repeat themselves.

    Attributes:
        transcripts: one row per transcript.
        turns: one row per turn, as sent.
        words: one row per token, as sent.
        split_words: one row per word spoken that is not one token.
        raw_payloads: one row per transcript.
    """

    transcripts: pa.Table
    turns: pa.Table
    words: pa.Table
    split_words: pa.Table
    raw_payloads: pa.Table


@dataclass(frozen=True)
class Transcript(TranscriptBatch):
    """One of them by itself. `revision`: sha256 of the payload's bytes, in hex."""

    source: Source
    revision: str
