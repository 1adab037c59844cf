"""A sensor for completion at the vendor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from sonitemi_pipelines.airflow.hook import SonitemiHook
from sonitemi_pipelines.airflow.triggers import CompletionTrigger, has_ended, statuses_of


class SonitemiCompletionSensor(BaseSensorOperator):
    """Waits until recordings are transcribed at the vendor. The result is {id: status}.

    Fails, without a retry, when one of them ended there without a transcript.

    Args:
        provider: the vendor.
        recording_ids: their ids there; may be a template such as "{{ ti.xcom_pull('submit') }}" that gives a list of
            ids, or of the outcomes of SonitemiSubmitOperator.
        deferrable: wait in the triggerer, which holds no worker.
        sonitemi_conn_id: as for SonitemiSyncOperator.
    """

    template_fields: ClassVar[Sequence[str]] = ("recording_ids",)

    def __init__(
        self,
        *,
        provider: str,
        recording_ids: Sequence[Any],
        sonitemi_conn_id: str | None = None,
        deferrable: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.provider = provider
        self.recording_ids = recording_ids
        self.sonitemi_conn_id = sonitemi_conn_id
        self.deferrable = deferrable

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        self.defer(
            trigger=CompletionTrigger(
                provider=self.provider,
                recording_ids=self._ids(),
                sonitemi_conn_id=self.sonitemi_conn_id,
                seconds=self.poke_interval,
            ),
            method_name="resume",
            timeout=timedelta(seconds=self.timeout),
        )
        return None

    def poke(self, context: Any) -> PokeReturnValue:
        found = statuses_of(SonitemiHook(self.sonitemi_conn_id).settings(), self.provider, self._ids())
        done = all(map(has_ended, found.values()))
        return PokeReturnValue(done, self._checked(found) if done else None)

    def resume(self, context: Any, event: dict[str, Any]) -> dict[str, str]:
        """Go on once the trigger has fired."""
        if "error" in event:
            raise AirflowException(event["error"])
        return self._checked(event["statuses"])

    def _checked(self, found: dict[str, str]) -> dict[str, str]:
        lost = {each: status for each, status in found.items() if status not in ("completed", "duplicate")}
        if lost:
            told = ", ".join(f"{each} {status}" for each, status in lost.items())
            raise AirflowFailException(f"no transcript of {self.provider} {told}; see the recording at the vendor")
        return found

    def _ids(self) -> list[str]:
        given = self.recording_ids
        if isinstance(given, str) or not given:
            raise AirflowFailException(
                f"recording_ids is {given!r}, not a list of ids; give a list, or render templates as native objects"
            )
        return [str(one["vendor_id"]) if isinstance(one, dict) else str(one) for one in given]
