"""What the sandbox serves: both vendors, what was asked of them, and the means to let time pass and things go wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sonitemi_pipelines.sandbox.faults import Faults
from sonitemi_pipelines.sandbox.happenings import Happenings, Provider
from sonitemi_pipelines.sandbox.life import Life
from sonitemi_pipelines.sandbox.population import populate, populate_real
from sonitemi_pipelines.sandbox.quirks import Quirks
from sonitemi_pipelines.sandbox.state import now_utc
from sonitemi_pipelines.sandbox.traffic import ReceivedRequest, Traffic
from sonitemi_pipelines.sandbox.vendors import Vendors

Hook = Callable[[str, str | None, int], None]


SIZES = {"sonix": 40, "temi": 30}
"""Recordings in the demo account of each vendor."""


class Served(Happenings):
    """Both vendors and their accounts.

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
        sonix: int = SIZES["sonix"],
        temi: int = SIZES["temi"],
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
        super().__init__(Vendors(seed, rates, task_seconds), minutes)
        self.traffic = Traffic()
        self.faults = Faults()
        self.latency_ms = latency_ms
        self.keys: dict[str, str] = {"sonix": sonix_key, "temi": temi_key}
        self.hook: Hook | None = None
        self._life: Life | None = None
        if real is None:
            populate(self.vendors, sonix, temi, minutes, now or now_utc())
        else:
            populate_real(self.vendors, Path(real))

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

    # Live mode ----------------------------------------------------------------------------------------------------

    def start_life(self, every_s: float, seed: int = 1, *, edits: bool = True, deletes: bool = True) -> None:
        """From now on something happens about every `every_s` seconds: arrivals, completions, edits, deletions."""
        self.stop_life()
        self._life = Life(self, every_s, seed, edits=edits, deletes=deletes)
        self._life.start()

    def stop_life(self) -> None:
        if self._life is not None:
            self._life.stop()
            self._life = None
