"""Operations of the vendors as ops in a job of one's own; that every one of them works stands with the reference."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from sonitemi_pipelines.dagster import LakeResource, SonixResource, sonitemi_ops
from sonitemi_pipelines.errors import SettingsError
from tests.orchestration.deployed import Deployed


@pytest.fixture
def ops(small: Deployed) -> dict[str, dg.OpDefinition]:
    account = SonixResource(api_key=small.keys["sonix"], base_url=small.sandbox.base_url)
    return sonitemi_ops(sonix=account, lake=LakeResource(home=small.home), name_prefix="speech_")


def said(result: dg.ExecuteInProcessResult) -> list[str]:
    found: list[Any] = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    return [failure.user_failure_data.description for failure in found]


def test_ops_hand_ids_and_options_to_each_other(
    small: Deployed, ops: dict[str, dg.OpDefinition], instance: dg.DagsterInstance
) -> None:
    """A job that could only be given ids by its config could do nothing with what it found."""

    @dg.op
    def oldest(media: Any) -> str:
        return str(media[-1]["id"])

    @dg.op
    def label(media: Any) -> dict[str, Any]:
        return {"custom_label": f"one of {len(media)}"}

    @dg.job
    def relabel() -> None:
        listed = ops["sonix.media.list"]()
        updated = ops["sonix.media.update"](media_id=oldest(listed), options=label(listed))
        ops["sonix.users.list"](after=updated)

    result = relabel.execute_in_process(instance=instance)
    assert result.output_for_node("speech_sonix_media_update")["custom_label"] == "one of 3"
    assert result.output_for_node("speech_sonix_users_list")


def test_a_paid_op_is_paid_once(small: Deployed, ops: dict[str, dg.OpDefinition], instance: dg.DagsterInstance) -> None:
    """Somebody's job is run again, or retried by its policy, and must not cost twice."""
    [media] = small.sandbox.add_sonix(language="en")
    asked = ops["sonix.translations.create"].with_retry_policy(dg.RetryPolicy(max_retries=2))

    @dg.job
    def translate() -> None:
        asked()

    step = "speech_sonix_translations_create"
    config = {"ops": {step: {"config": {"media_id": media, "language": "es"}}}}
    first, second = (translate.execute_in_process(config, instance=instance) for _ in range(2))
    assert first.output_for_node(step)["status"] == "accepted"
    assert second.output_for_node(step)["status"] == "repeated"
    assert small.sandbox.counts()["sonix translation.create"] == 1


def test_mistakes_are_one_line_and_nothing_is_sent(
    small: Deployed, ops: dict[str, dg.OpDefinition], instance: dg.DagsterInstance
) -> None:
    @dg.op
    def odd() -> dict[str, str]:
        return {"colour": "red"}

    get, update = ops["sonix.media.get"], ops["sonix.media.update"]

    @dg.job
    def mistaken() -> None:
        get()
        update(options=odd())

    result = mistaken.execute_in_process(instance=instance, raise_on_error=False)
    assert sorted(said(result)) == [
        "sonix.media.get: media_id is missing; give it by an input or the config; nothing was sent",
        "sonix.media.update: options ['colour']: it takes custom_label, folder_id, media_id, name; nothing was sent",
    ]
    assert small.sandbox.counts() == {}


def test_without_a_lake_nothing_can_be_paid_for(small: Deployed) -> None:
    """The ledger is what keeps a retry from paying twice, and it stands in the lake."""
    free = sonitemi_ops(sonix=SonixResource(api_key="key", base_url=small.sandbox.base_url))
    assert "sonix.media.submit" not in free
    assert "sonix.media.get" in free
    with pytest.raises(SettingsError, match="no account was given"):
        sonitemi_ops()
