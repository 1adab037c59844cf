"""What Temi answers, typed. Fields carry the document's names; `extra` holds what it does not document."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from sonitemi_pipelines.api.records import NamedRecord, Record


class Job(NamedRecord, frozen=True, kw_only=True):
    """A job.

    Attributes:
        status: as Temi sent it: in_progress (older: inprogress), transcribed, failed, ...
        created_on, last_modified_on: UTC; `last_modified_on` is None until the transcript is edited.
        duration_seconds: may be fractional.
        web_url: the editor's page of the transcript.
        failure: unspecified, download_failure, insufficient_balance, invalid_media, ...
    """

    id: str
    status: str | None = None
    created_on: datetime | None = None
    last_modified_on: datetime | None = None
    duration_seconds: float | None = None
    name: str | None = None
    web_url: str | None = None
    callback_url: str | None = None
    metadata: str | None = None
    failure: str | None = None
    failure_detail: str | None = None


class Account(Record, frozen=True, kw_only=True):
    """The prepaid credit left: `balance` in USD."""

    balance: Decimal


class Speaker(Record, frozen=True, kw_only=True):
    """A speaker as labelled in the transcript."""

    id: int
    name: str | None = None


class Element(Record, frozen=True, kw_only=True):
    """A token: `type` is text, tag, punct, ...; `ts` and `end_ts` in seconds, None when untimed."""

    type: str | None = None
    value: str = ""
    ts: float | None = None
    end_ts: float | None = None


class Monologue(Record, frozen=True, kw_only=True):
    """A turn of one speaker; `speaker` is the id of one of the transcript's speakers, which may be missing there."""

    id: int | None = None
    speaker: int | None = None
    speaker_name: str | None = None
    elements: list[Element] = msgspec.field(default_factory=list)


class Transcript(Record, frozen=True, kw_only=True):
    """A transcript with the times of its words."""

    speakers: list[Speaker] = msgspec.field(default_factory=list)
    monologues: list[Monologue] = msgspec.field(default_factory=list)
