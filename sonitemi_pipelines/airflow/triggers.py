"""The trigger behind the deferrable sensor: asks the vendor now and then, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sonitemi_pipelines.airflow.hook import SonitemiHook
from sonitemi_pipelines.errors import ApiError, NotFoundError

if TYPE_CHECKING:
    from sonitemi_pipelines.settings import Settings

_ENDED = ("completed", "failed", "blocked", "duplicate", "gone")


def statuses_of(settings: Settings, provider: str, recording_ids: Iterable[str]) -> dict[str, str]:
    """The status of each recording at its vendor, in our words; 'gone' when it knows none of that id.

    Raises:
        SettingsError: the vendor has no key.
        ApiError: it cannot be asked.
    """
    from sonitemi_pipelines.vendors import VENDORS

    vendor = VENDORS[provider]
    client = vendor.connect(settings)
    found = {}
    for recording_id in recording_ids:
        try:
            said = vendor.status_of(client, recording_id)
        except NotFoundError:
            found[recording_id] = "gone"
        else:
            found[recording_id] = vendor.statuses.get(said, "unknown")
    return found


def has_ended(status: str) -> bool:
    """Whether nothing more happens to a recording of this status."""
    return status in _ENDED


class CompletionTrigger(BaseTrigger):
    """Fires once every recording has ended at the vendor, as completed or otherwise.

    The event is {"statuses": {id: status}}, or {"error": text} when the vendor could not be asked many times in a row.
    """

    def __init__(
        self, *, provider: str, recording_ids: list[str], sonitemi_conn_id: str | None = None, seconds: float = 60.0
    ) -> None:
        super().__init__()
        self.provider = provider
        self.recording_ids = recording_ids
        self.sonitemi_conn_id = sonitemi_conn_id
        self.seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "provider": self.provider,
                "recording_ids": self.recording_ids,
                "sonitemi_conn_id": self.sonitemi_conn_id,
                "seconds": self.seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        waiting, statuses = list(self.recording_ids), dict[str, str]()
        failures = 0
        settings = await asyncio.to_thread(SonitemiHook(self.sonitemi_conn_id).settings)
        while True:
            try:
                statuses |= await asyncio.to_thread(statuses_of, settings, self.provider, waiting)
                failures = 0
            except ApiError as error:
                failures += 1
                if not error.retryable or failures >= _MOST_FAILURES:
                    yield TriggerEvent({"error": str(error)})
                    return
                self.log.warning("%s", error)
            waiting = [each for each in waiting if not has_ended(statuses.get(each, ""))]
            if not waiting:
                yield TriggerEvent({"statuses": statuses})
                return
            await asyncio.sleep(self.seconds)


_MOST_FAILURES = 10
