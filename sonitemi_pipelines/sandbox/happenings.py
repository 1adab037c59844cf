"""What happens at the vendors while the pipelines look on: recordings arrive, finish, are edited, moved, deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any, Literal

import msgspec

from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.sandbox.callbacks import Encoding
from sonitemi_pipelines.sandbox.population import fail_job, new_job, new_media
from sonitemi_pipelines.sandbox.sonix_answers import media_json
from sonitemi_pipelines.sandbox.state import Job, Media, later_than, now_utc
from sonitemi_pipelines.sandbox.temi import job_json
from sonitemi_pipelines.sandbox.vendors import Vendors

Provider = Literal["sonix", "temi"]


class SandboxError(SonitemiError):
    """The sandbox was told to do what it cannot, such as to complete an id it does not hold."""


class Happenings:
    """Changes to the accounts, each at once and as a whole.

    Args:
        minutes: shortest and longest recording that is generated when none is given.
    """

    def __init__(self, vendors: Vendors, minutes: tuple[float, float]) -> None:
        self.vendors = vendors
        self._minutes = minutes

    def add_sonix(
        self,
        n: int = 1,
        status: str = "completed",
        at: datetime | None = None,
        minutes: float | None = None,
        language: str | None = None,
        folder_id: str | None = None,
    ) -> list[str]:
        """Put `n` media into the account, created `at` (now); returns their ids."""
        with self.vendors.lock:
            added = []
            for _ in range(n):
                media = new_media(self.vendors, _utc(at), self._range(minutes), status, language)
                if folder_id is not None:
                    media.folder_id = folder_id
                added.append(media.id)
            return added

    def add_temi(
        self, n: int = 1, status: str = "transcribed", at: datetime | None = None, minutes: float | None = None
    ) -> list[str]:
        """Put `n` jobs into the account, created `at` (now); returns their ids."""
        with self.vendors.lock:
            return [new_job(self.vendors, _utc(at), self._range(minutes), status).id for _ in range(n)]

    def complete(self, record_id: str) -> None:
        """Finish a transcription: status, duration, Temi's charge, callbacks."""
        with self.vendors.lock:
            record = self._find(record_id)
            if record.duration is None:
                length = Random(f"{self.vendors.seed}/length/{record.id}").uniform(*self._minutes)
                record.duration = float(round(length * 60))
            if isinstance(record, Media):
                record.status = "completed"
            elif self._charge(record):
                record.status, record.failure, record.failure_detail = "transcribed", None, None
            else:
                fail_job(self.vendors, record, "insufficient_balance")
            self._announce(record)

    def fail(self, record_id: str, reason: str = "invalid_media") -> None:
        """Let a transcription fail; `reason` is Temi's (Sonix gives none)."""
        with self.vendors.lock:
            record = self._find(record_id)
            if isinstance(record, Media):
                record.status = "failed"
            else:
                fail_job(self.vendors, record, reason)
            self._announce(record)

    def set_status(self, record_id: str, status: str) -> None:
        with self.vendors.lock:
            self._find(record_id).status = status

    def edit(self, record_id: str) -> None:
        """Somebody edits the transcript: a new revision; Temi shows it in `last_modified_on`."""
        with self.vendors.lock:
            record = self._find(record_id)
            if isinstance(record, Media):
                record.transcript.edit()
                record.updated_at = later_than(record.updated_at)
            else:
                if record.latest.version == 0 and record.machine.base is not None:
                    record.latest.base = record.machine.base
                record.latest.edit()
                record.last_modified_on = later_than(record.last_modified_on)

    def delete(self, record_id: str) -> None:
        vendors = self.vendors
        with vendors.lock:
            if isinstance(self._find(record_id), Media):
                vendors.sonix.deleted[record_id] = vendors.sonix.media.remove(record_id)
            else:
                vendors.temi.deleted[record_id] = vendors.temi.jobs.remove(record_id)

    def restore(self, record_id: str) -> None:
        """Bring a deleted recording back, unchanged and in its old place."""
        vendors = self.vendors
        with vendors.lock:
            if record_id in vendors.sonix.deleted:
                vendors.sonix.media.add(vendors.sonix.deleted.pop(record_id))
            elif record_id in vendors.temi.deleted:
                vendors.temi.jobs.add(vendors.temi.deleted.pop(record_id))
            else:
                raise SandboxError(f"the sandbox has not deleted {record_id}; nothing to restore")

    def move(self, media_id: str, folder_id: str | None) -> None:
        with self.vendors.lock:
            media = self._media(media_id)
            media.folder_id, media.updated_at = folder_id, later_than(media.updated_at)
            self.vendors.callbacks.event("folder_change", media_json(self.vendors, media, single=True))

    def delete_folder(self, folder_id: str) -> None:
        """Somebody deletes a Sonix folder; its media go back to no folder."""
        with self.vendors.lock:
            if self.vendors.sonix.folders.pop(folder_id, None) is None:
                raise SandboxError(f"the sandbox holds no folder {folder_id}; GET /folders lists the ids")
            for media in self.vendors.sonix.media:
                if media.folder_id == folder_id:
                    media.folder_id = None

    def rename(self, record_id: str, name: str) -> None:
        with self.vendors.lock:
            self._find(record_id).name = name

    def label(self, media_id: str, custom_label: str) -> None:
        with self.vendors.lock:
            media = self._media(media_id)
            media.custom_label, media.updated_at = custom_label, later_than(media.updated_at)
            self.vendors.callbacks.event("label_change", media_json(self.vendors, media, single=True))

    def complete_task(self, task_id: str) -> None:
        """Finish a translation, export, burn-in, summarization or batch now."""
        with self.vendors.lock:
            task = self.vendors.sonix.tasks.get(task_id)
            if task is None:
                raise SandboxError(f"the sandbox has no task {task_id}; see the answer that created it for the id")
            task.due = 0.0
            self.vendors.announce(task)

    def complete_batch(self, batch_id: str) -> None:
        self.complete_task(batch_id)

    def set_transcript(
        self, provider: Provider, record_id: str, payload: bytes | dict[str, Any], variant: str = "latest"
    ) -> None:
        """Serve exactly this payload from now on."""
        body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        with self.vendors.lock:
            record = self._find(record_id, provider)
            if isinstance(record, Job) and variant == "machine":
                if record.latest.version and record.latest.base is None:
                    record.latest.base = self.vendors.bodies.temi(record, "machine")
                record.machine.replace(body)
            elif isinstance(record, Job):
                record.latest.replace(body)
            elif variant == "latest":
                record.transcript.replace(body)
            else:
                record.translations[variant.removeprefix("translation-")].replace(body)

    def set_balance(self, balance: Decimal | str | float) -> None:
        with self.vendors.lock:
            self.vendors.temi.balance = Decimal(str(balance)).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def set_webhook(self, url: str | None, secret: str | None = None, signature_encoding: Encoding = "hex") -> None:
        """Where Sonix sends the events of its enterprise webhooks, and how it signs them; None: nowhere."""
        callbacks = self.vendors.callbacks
        callbacks.webhook_url, callbacks.webhook_secret = url, secret
        callbacks.signature_encoding = signature_encoding

    def set_batch_credit(self, has_credit: bool) -> None:
        """Whether Sonix has credit for batch summarizations (403 without)."""
        with self.vendors.lock:
            self.vendors.sonix.has_batch_credit = has_credit

    def _find(self, record_id: str, provider: Provider | None = None) -> Media | Job:
        media = self.vendors.sonix.media.get(record_id) if provider != "temi" else None
        record: Media | Job | None = media or (self.vendors.temi.jobs.get(record_id) if provider != "sonix" else None)
        if record is None:
            raise SandboxError(f"the sandbox holds no recording {record_id}; GET /_sandbox/truth lists the ids")
        return record

    def _media(self, media_id: str) -> Media:
        record = self._find(media_id, "sonix")
        assert isinstance(record, Media)
        return record

    def _range(self, minutes: float | None) -> tuple[float, float]:
        return self._minutes if minutes is None else (minutes, minutes)

    def _charge(self, job: Job) -> bool:
        temi = self.vendors.temi
        price = temi.rate * -int(-(job.duration or 0) // 60)
        if price > temi.balance:
            return False
        temi.balance -= price
        return True

    def _announce(self, record: Media | Job) -> None:
        callbacks = self.vendors.callbacks
        if isinstance(record, Job):
            callbacks.post("temi callback", record.id, record.callback_url, {"job": job_json(record)})
            return
        shown = media_json(self.vendors, record, single=True)
        callbacks.post("sonix callback", record.id, record.callback_url, shown)
        if record.status == "completed":
            callbacks.event("transcription_finished", shown)


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        return now_utc()
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
