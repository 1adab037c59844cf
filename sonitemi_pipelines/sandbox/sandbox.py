"""The sandbox as its users hold it: both vendors, and the means to let time pass and things go wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any, Literal

import msgspec

from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.sandbox.faults import Faults
from sonitemi_pipelines.sandbox.life import Life
from sonitemi_pipelines.sandbox.population import fail_job, new_job, new_media, populate, populate_real
from sonitemi_pipelines.sandbox.quirks import Quirks
from sonitemi_pipelines.sandbox.server import listening
from sonitemi_pipelines.sandbox.sonix_answers import media_json
from sonitemi_pipelines.sandbox.state import IN_PROGRESS, TEMI_IN_PROGRESS, Job, Media, later_than, utc_now
from sonitemi_pipelines.sandbox.temi import job_json
from sonitemi_pipelines.sandbox.traffic import ReceivedRequest, Traffic
from sonitemi_pipelines.sandbox.vendors import Vendors

Provider = Literal["sonix", "temi"]
Hook = Callable[[str, str | None, int], None]


class SandboxError(SonitemiError):
    """The sandbox was told to do what it cannot, such as to complete an id it does not hold."""


class Sandbox:
    """Both vendors over real HTTP on one loopback port.

    Args:
        seed: same seed, same ids, same conversations, byte for byte.
        sonix, temi: recordings in the demo accounts.
        real: a folder with sonix/*.json and temi/*.json to serve instead; nothing else is in the accounts then.
        latency_ms: added to every answer.
        quirks: True for the vendors as they really are, False as documented, or rates of one's own.
        minutes: shortest and longest generated recording.
        task_seconds: how long translations, exports, summaries take; None: until `complete_task`.
        now: the moment the demo accounts end at; the running clock when None.
    """

    def __init__(
        self,
        seed: int = 1,
        sonix: int = 40,
        temi: int = 30,
        *,
        real: str | Path | None = None,
        latency_ms: float = 0,
        sonix_key: str = "sonix-sandbox-key",
        temi_key: str = "temi-sandbox-key",
        quirks: bool | Quirks = True,
        minutes: tuple[float, float] = (1.0, 8.0),
        task_seconds: float | None = 0.3,
        now: datetime | None = None,
    ) -> None:
        rates = quirks if isinstance(quirks, Quirks) else Quirks() if quirks else Quirks.none()
        self.vendors = Vendors(seed, rates, task_seconds)
        self.traffic = Traffic()
        self.faults = Faults()
        self.latency_ms = latency_ms
        self.keys: dict[str, str] = {"sonix": sonix_key, "temi": temi_key}
        self.hook: Hook | None = None
        self._minutes = minutes
        self._life: Life | None = None
        if real is None:
            populate(self.vendors, sonix, temi, minutes, now or utc_now())
        else:
            populate_real(self.vendors, Path(real))

    @contextmanager
    def running(self, port: int = 0) -> Iterator[Sandbox]:
        """Listen on 127.0.0.1 (port 0: any free one) until the block ends."""
        with listening(self, port) as origin:
            self.vendors.origin = origin
            try:
                yield self
            finally:
                self.stop_life()
                self.vendors.callbacks.stop()

    @property
    def base_url(self) -> str:
        return f"{self.vendors.origin}/v1"

    @property
    def env(self) -> dict[str, str]:
        """The environment that points the pipelines here."""
        return {
            "SONIX_API_KEY": self.keys["sonix"],
            "SONIX_BASE_URL": self.base_url,
            "TEMI_API_KEY": self.keys["temi"],
            "TEMI_BASE_URL": self.base_url,
        }

    # What was asked -----------------------------------------------------------------------------------------------

    def counts(self, *, ok: bool = False) -> dict[str, int]:
        """Calls by operation since the last reset; `ok`: only those answered below 400."""
        return self.traffic.counts(ok=ok)

    def counts_by_id(self, operation: str, *, ok: bool = False) -> dict[str, int]:
        return self.traffic.counts_by_id(operation, ok=ok)

    def reset_counts(self) -> None:
        self.traffic.reset()

    @property
    def requests(self) -> deque[ReceivedRequest]:
        return self.traffic.requests

    def on_request(self, hook: Hook | None) -> None:
        """Run `hook(operation, id, calls of this operation so far)` before each answer is made; None takes it off."""
        self.hook = hook

    def truth(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What a perfect sync would hold: provider -> id -> status, and the sha256 of each variant to be had."""
        vendors = self.vendors
        with vendors.lock:
            sonix: dict[str, dict[str, Any]] = {}
            for media in vendors.sonix.media:
                variants = {}
                if media.status == "completed":
                    variants["latest"] = vendors.bodies.digest("sonix", media, "latest")
                    for task in vendors.sonix.tasks.values():
                        if task.kind == "translation" and task.owner_id == media.id and task.completed:
                            variant = f"translation-{task.details['language']}"
                            variants[variant] = vendors.bodies.digest("sonix", media, variant)
                sonix[media.id] = {"status": media.status, "variants": variants}
            temi: dict[str, dict[str, Any]] = {}
            for job in vendors.temi.jobs:
                names = ["latest"] if job.last_modified_on is None else ["latest", "machine"]
                done = job.status == "transcribed"
                found = {name: vendors.bodies.digest("temi", job, name) for name in names} if done else {}
                temi[job.id] = {"status": job.status, "variants": found}
            return {"sonix": sonix, "temi": temi}

    def body(self, provider: Provider, record_id: str, variant: str = "latest") -> bytes:
        """The exact bytes served as transcript JSON."""
        with self.vendors.lock:
            return self.vendors.bodies.of(self._find(record_id, provider), variant)

    # Time passes --------------------------------------------------------------------------------------------------

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
            if isinstance(record, Job):
                (record.machine if variant == "machine" else record.latest).replace(body)
            elif variant == "latest":
                record.transcript.replace(body)
            else:
                record.translations[variant.removeprefix("translation-")].replace(body)

    def set_balance(self, balance: Decimal | str | float) -> None:
        with self.vendors.lock:
            self.vendors.temi.balance = Decimal(str(balance)).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def set_batch_credit(self, has_credit: bool) -> None:
        """Whether Sonix has credit for batch summarizations (403 without)."""
        with self.vendors.lock:
            self.vendors.sonix.has_batch_credit = has_credit

    # Live mode ----------------------------------------------------------------------------------------------------

    def start_life(self, every_s: float, seed: int = 1, *, edits: bool = True, deletes: bool = True) -> None:
        """From now on something happens about every `every_s` seconds: arrivals, completions, edits, deletions."""
        self.stop_life()
        actions: list[Callable[[Random], None]] = [self._arrive, self._finish, self._finish]
        if edits:
            actions.append(lambda random: self._to_any(random, self.edit))
        if deletes:
            actions.append(lambda random: self._to_any(random, self.delete))
        self._life = Life(actions, every_s, seed)
        self._life.start()

    def stop_life(self) -> None:
        if self._life is not None:
            self._life.stop()
            self._life = None

    def _arrive(self, random: Random) -> None:
        if random.random() < 0.5:
            self.add_sonix(status=random.choice(("preparing", "transcribing", "completed")))
        else:
            self.add_temi(status=random.choice(("in_progress", "transcribed")))

    def _finish(self, random: Random) -> None:
        with self.vendors.lock:
            open_media = [media.id for media in self.vendors.sonix.media if media.status in IN_PROGRESS]
            open_jobs = [job.id for job in self.vendors.temi.jobs if job.status in TEMI_IN_PROGRESS]
            if open_media or open_jobs:
                chosen = random.choice(open_media + open_jobs)
                (self.complete if random.random() < 0.9 else self.fail)(chosen)

    def _to_any(self, random: Random, action: Callable[[str], None]) -> None:
        with self.vendors.lock:
            media = [media.id for media in self.vendors.sonix.media if media.status == "completed"]
            jobs = [job.id for job in self.vendors.temi.jobs if job.status == "transcribed"]
            if media or jobs:
                action(random.choice(media + jobs))

    # Inside -------------------------------------------------------------------------------------------------------

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
        return utc_now()
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
