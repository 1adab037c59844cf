"""What the two vendors hold: media, jobs, folders, users, tasks. Every change goes through one lock."""

from __future__ import annotations

import bisect
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Generic, Protocol, TypeVar

IN_PROGRESS = ("preparing", "transcribing", "aligning")
TEMI_IN_PROGRESS = ("in_progress", "inprogress")


@dataclass(slots=True)
class Revisions:
    """One transcript through time: `base` bytes (None: generated from the seed), then `edits` on top of them.

    `version` grows with every change, so that a version always has the same bytes.
    """

    base: bytes | None = None
    edits: int = 0
    version: int = 0

    def replace(self, base: bytes) -> None:
        self.base, self.edits, self.version = base, 0, self.version + 1

    def edit(self) -> None:
        self.edits, self.version = self.edits + 1, self.version + 1


@dataclass(slots=True)
class Media:
    """One Sonix media file. `created_at` is UTC; `duration` in seconds, None until known.

    `title` is the name it was submitted with; it stays in the transcript when the media is renamed.
    """

    id: str
    created_at: datetime
    name: str
    status: str
    language: str = "en"
    duration: float | None = None
    video: bool = False
    folder_id: str | None = None
    custom_data: dict[str, Any] | None = None
    custom_label: str | None = None
    updated_at: datetime | None = None
    duplicate_media_id: str | None = None
    callback_url: str | None = None
    seed: str = ""
    title: str | None = None
    transcript: Revisions = field(default_factory=Revisions)
    translations: dict[str, Revisions] = field(default_factory=dict)
    shares: dict[str, bool] = field(default_factory=dict)

    changes: ClassVar[int] = 0
    """How often a field of any media was set: what a filter found holds until then."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        Media.changes += 1


@dataclass(slots=True)
class Job:
    """One Temi job. `latest` is the edited transcript; the machine's never changes."""

    id: str
    created_at: datetime
    name: str | None
    status: str
    duration: float | None = None
    callback_url: str | None = None
    metadata: str | None = None
    failure: str | None = None
    failure_detail: str | None = None
    last_modified_on: datetime | None = None
    seed: str = ""
    latest: Revisions = field(default_factory=Revisions)
    machine: Revisions = field(default_factory=Revisions)


@dataclass(slots=True)
class Folder:
    id: str
    name: str
    access_control: str = "internal"
    restricted_users: tuple[str, ...] = ()


@dataclass(slots=True)
class User:
    id: str
    name: str
    email: str
    role: str


@dataclass(slots=True)
class Task:
    """Work Sonix does after it answered: 'export', 'burn_in', 'translation', 'summarization' or 'batch'.

    `due` is on the monotonic clock; None waits for `Sandbox.complete_batch` or `complete_task`.
    """

    id: str
    kind: str
    owner_id: str
    created_at: datetime
    due: float | None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        return self.due is not None and time.monotonic() >= self.due


class Record(Protocol):
    id: str
    created_at: datetime


R = TypeVar("R", bound=Record)


class Timeline(Generic[R]):
    """Records by id and in order of creation; adding and removing cost little among tens of thousands."""

    def __init__(self) -> None:
        self._records: dict[str, R] = {}
        self._order: list[tuple[datetime, int, str]] = []
        self._places: dict[str, tuple[datetime, int, str]] = {}
        self._sequence = 0
        self.changes = 0
        """How often a record came or went."""

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._records

    def get(self, record_id: str) -> R | None:
        return self._records.get(record_id)

    def add(self, record: R) -> None:
        self._sequence += 1
        self.changes += 1
        place = self._places.setdefault(record.id, (record.created_at, self._sequence, record.id))
        bisect.insort(self._order, place)
        self._records[record.id] = record

    def remove(self, record_id: str) -> R:
        """Take a record out; added again, it returns to its old place."""
        self.changes += 1
        del self._order[bisect.bisect_left(self._order, self._places[record_id])]
        return self._records.pop(record_id)

    def __iter__(self) -> Iterator[R]:
        """Newest first, over the records of this moment."""
        return (self._records[record_id] for _, _, record_id in reversed(self._order.copy()))

    def page(self, start: int, size: int) -> list[R]:
        """Records `start` to `start + size`, counted from the newest."""
        stop = max(0, len(self._order) - start)
        return [self._records[record_id] for _, _, record_id in reversed(self._order[max(0, stop - size) : stop])]

    def after(self, record_id: str, size: int) -> list[R]:
        """The `size` records older than this one, newest first."""
        stop = bisect.bisect_left(self._order, self._places[record_id])
        return [self._records[other] for _, _, other in reversed(self._order[max(0, stop - size) : stop])]


@dataclass
class SonixAccount:
    media: Timeline[Media] = field(default_factory=Timeline)
    deleted: dict[str, Media] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    found: dict[tuple[Any, ...], list[Media]] = field(default_factory=dict)
    """What filters of the list found last: a walk asks for the next page of it."""
    has_batch_credit: bool = True


@dataclass
class TemiAccount:
    """`rate` is USD per started minute, taken off the balance when a job is transcribed."""

    jobs: Timeline[Job] = field(default_factory=Timeline)
    deleted: dict[str, Job] = field(default_factory=dict)
    balance: Decimal = Decimal("150.00")
    rate: Decimal = Decimal("0.25")


def now_utc() -> datetime:
    """This moment, with its zone."""
    return datetime.now(UTC)


def later_than(moment: datetime | None) -> datetime:
    """Now, and in any case after `moment`, at the vendors' resolution of 10 ms."""
    now = now_utc()
    return now if moment is None else max(now, moment + timedelta(milliseconds=10))


def iso(moment: datetime) -> str:
    """ISO 8601 UTC with hundredths, as Temi writes it: 2018-05-05T23:23:22.29Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 10000:02d}Z"
