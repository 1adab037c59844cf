"""What Sonix answers, typed. Fields carry the document's names; `extra` holds what it does not document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import msgspec

from sonitemi_pipelines.api.listing import Unreadable
from sonitemi_pipelines.api.records import NamedRecord, Record


class Media(NamedRecord, frozen=True, kw_only=True):
    """A media file.

    Attributes:
        status: as Sonix sent it: preparing, transcribing, aligning, completed, failed, blocked, duplicate, ...
        duration: seconds.
        created_at, updated_at: UTC.
        folder_id, folder_name: from `folder`, which only the answer for a single media holds; None in a list.
        duplicate_media_id: the media that this one, of status 'duplicate', repeats.
    """

    id: str
    name: str | None = None
    status: str | None = None
    language: str | None = None
    duration: float | None = None
    video: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    public_url: str | None = None
    custom_data: dict[str, Any] | None = None
    custom_label: str | None = None
    folder_id: str | None = None
    folder_name: str | None = None
    duplicate_media_id: str | None = None

    @classmethod
    def from_answer(cls, answer: Any) -> Self:
        if isinstance(answer, Mapping) and isinstance(answer.get("folder"), Mapping):
            folder = dict(answer["folder"])
            answer = {name: value for name, value in answer.items() if name != "folder"}
            answer["folder_id"] = folder.pop("id", None) or answer.get("folder_id")
            answer["folder_name"] = folder.pop("name", None) or answer.get("folder_name")
            if folder:
                answer["folder"] = folder
        return super().from_answer(answer)


class MediaPage(Record, frozen=True, kw_only=True):
    """One page of the media list.

    Attributes:
        page: 1 is the head of the list, whatever the vendor counts from.
        total_pages: as Sonix says; believed where it says 'there is more', not where it says 'no more'.
        unreadable: rows that cannot be taken.
    """

    media: list[Media]
    page: int = 1
    total_pages: int | None = None
    unreadable: tuple[Unreadable, ...] = ()


class Word(Record, frozen=True, kw_only=True):
    """A token of a transcript: `start_time` and `end_time` in seconds; `strikethrough` when an editor deleted it."""

    text: str = ""
    start_time: float | None = None
    end_time: float | None = None
    highlight: bool | None = None
    strikethrough: bool | None = None


class Segment(Record, frozen=True, kw_only=True):
    """A turn of one speaker: `start_time` and `end_time` in seconds."""

    speaker: str | None = None
    start_time: float | None = None
    end_time: float | None = None
    words: list[Word] = msgspec.field(default_factory=list)


class Transcript(Record, frozen=True, kw_only=True):
    """A transcript with the times of its words."""

    name: str | None = None
    transcript: list[Segment] = msgspec.field(default_factory=list)


class MediaExport(Record, frozen=True, kw_only=True):
    """A media export: `file_url` once `status` is completed."""

    id: str
    status: str | None = None
    file_url: str | None = None


class BurnIn(Record, frozen=True, kw_only=True):
    """A video with burnt-in subtitles; `id` is the document's `video_export_id`."""

    aliases: ClassVar[Mapping[str, str]] = {"video_export_id": "id"}

    id: str
    status: str | None = None
    url: str | None = None


class Translation(Record, frozen=True, kw_only=True):
    """A translation of one media: `status` is queued, processing, completed, failed, ..."""

    language: str
    status: str | None = None


class Summarization(Record, frozen=True, kw_only=True):
    """A summary of one media; `id` is the document's `summarization_id`, `summary` is None until completed."""

    aliases: ClassVar[Mapping[str, str]] = {"summarization_id": "id"}

    id: str
    status: str | None = None
    prompt: str | None = None
    summary: str | None = None


class MediaSummary(Record, frozen=True, kw_only=True):
    """The summary of one media in a batch."""

    media_id: str
    summary: str | None = None


class BatchSummarization(Record, frozen=True, kw_only=True):
    """Summaries of all media of a folder; `summaries` is empty until completed and in lists. `created_at` is UTC."""

    aliases: ClassVar[Mapping[str, str]] = {"batch_summarization_id": "id"}

    id: str
    status: str | None = None
    prompt: str | None = None
    created_at: datetime | None = None
    summaries: list[MediaSummary] = msgspec.field(default_factory=list)


class Folder(Record, frozen=True, kw_only=True):
    """A folder; the list sends `name`, with its path, as `email`.

    Attributes:
        access_control: internal, external or restricted.
        restricted_users: e-mail addresses a restricted folder is open to.
    """

    aliases: ClassVar[Mapping[str, str]] = {"email": "name"}

    id: str
    name: str | None = None
    access_control: str | None = None
    restricted_users: list[str] | None = None


class User(Record, frozen=True, kw_only=True):
    """A user of the account."""

    id: str
    name: str | None = None
    email: str | None = None
    role: str | None = None


class Share(Record, frozen=True, kw_only=True):
    """Who a media is shared with, and whether to edit or only to read."""

    email: str
    can_edit: bool | None = None
