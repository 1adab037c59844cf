"""Ours among other people's definitions: names, resources, runs and guards keep out of each other's way."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from sonitemi_pipelines.dagster import (
    LakeResource,
    SonitemiTranslator,
    SonixResource,
    TemiResource,
    build_sonitemi_definitions,
)
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.sandbox import Sandbox

PREFIX = "speech"
TOUCHED: list[str] = []


@pytest.fixture
def account() -> Iterator[Sandbox]:
    with Sandbox(seed=6, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        sandbox.add_sonix(2)
        sandbox.add_temi(2)
        yield sandbox


def ours(account: Sandbox, home: Path, prefix: str | tuple[str, ...] = PREFIX, **more: object) -> dg.Definitions:
    return build_sonitemi_definitions(
        sonix=SonixResource(api_key=account.keys["sonix"], base_url=account.base_url),
        temi=TemiResource(api_key=account.keys["temi"], base_url=account.base_url),
        lake=LakeResource(home=str(home)),
        key_prefix=prefix,
        **more,  # type: ignore[arg-type]
    )


def theirs() -> dg.Definitions:
    """Another team's: everything is called as ours would be."""

    @dg.asset
    def words() -> None:
        TOUCHED.append("words")

    @dg.asset(deps=[words])
    def transcripts() -> None:
        TOUCHED.append("transcripts")

    @dg.op
    def submit() -> None: ...

    @dg.job
    def submit_media() -> None:
        submit()

    @dg.sensor(job=submit_media)
    def webhook_inbox() -> dg.SkipReason:
        return dg.SkipReason("theirs")

    sync = dg.define_asset_job("sync", selection=dg.AssetSelection.assets(words, transcripts))
    return dg.Definitions(
        assets=[words, transcripts],
        jobs=[sync, submit_media],
        sensors=[webhook_inbox],
        schedules=[dg.ScheduleDefinition(job=sync, cron_schedule="0 0 * * *", name="sync_schedule")],
        resources={"lake": object(), "sonix": object(), "scope": object(), "notifier": object()},
        executor=dg.multiprocess_executor,
    )


def test_everything_of_ours_merges_with_definitions_of_the_same_names(account: Sandbox, home: Path) -> None:
    """An integration that cannot live beside a job called `sync` lives nowhere."""
    TOUCHED.clear()
    defs = dg.Definitions.merge(theirs(), ours(account, home))
    repository = defs.get_repository_def()
    assert {"sync", f"{PREFIX}_sync", f"{PREFIX}_submit_media"} <= set(repository.job_names)
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def(f"{PREFIX}_sync").execute_in_process(instance=instance)
    assert result.success
    made = {event.asset_key for event in result.get_asset_materialization_events()}
    assert dg.AssetKey([PREFIX, "words"]) in made
    assert all(key.path[0] == PREFIX for key in made if key is not None)
    assert TOUCHED == [], "their assets are never touched"
    graph = repository.asset_graph
    assert graph.get(dg.AssetKey([PREFIX, "speaker_stats"])).group_name == f"{PREFIX}_marts"


@pytest.mark.slow
def test_two_deployments_with_two_homes_live_side_by_side(account: Sandbox, home: Path) -> None:
    """Two accounts in one code location: runs of one neither read nor hold up the other."""
    with Sandbox(seed=9, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2), sonix_key="second-key").running() as other:
        other.add_sonix(3)
        second = build_sonitemi_definitions(
            sonix=SonixResource(api_key="second-key", base_url=other.base_url),
            lake=LakeResource(home=str(home / "second")),
            key_prefix=("speech", "second"),
        )
        defs = dg.Definitions.merge(ours(account, home / "first"), second)
        with dg.DagsterInstance.ephemeral() as instance:
            for name in ("speech_sync", "speech_second_sync"):
                assert defs.resolve_job_def(name).execute_in_process(instance=instance).success
            said = {}
            for name in ("speech_sonix_completion", "speech_second_sonix_completion"):
                sensor = defs.resolve_sensor_def(name)
                context = dg.build_sensor_context(
                    instance, '{"born_at": 1.0, "version": 1}', sensor_name=name, definitions=defs
                )
                said[name] = sensor.evaluate_tick(context).skip_message
        assert set(said.values()) == {"0 open, nothing new; 1 calls"}
        assert sum(account.counts_by_id("sonix transcript.get").values()) == 2
        assert sum(other.counts_by_id("sonix transcript.get").values()) == 3
        keys = {key.to_user_string() for key in defs.get_repository_def().asset_graph.get_all_asset_keys()}
        assert "speech/second/sonix_media" in keys
        assert "speech/second/temi_jobs" not in keys, "the second deployment has no account at Temi"


def test_two_deployments_with_one_home_are_refused(account: Sandbox, home: Path) -> None:
    """They would write one lake and publish one warehouse from two accounts."""
    with pytest.raises(dg.DagsterInvariantViolationError) as caught:
        dg.Definitions.merge(ours(account, home, "a"), ours(account, home, "b"))
    assert "two_deployments_must_not_share_home" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"key_prefix": "a b"}, "key_prefix 'a b' is not made of"),
        ({"sonix": None, "temi": None}, "no account was given"),
        (
            {"sonix": SonixResource(api_key="two words")},
            "SonixResource.api_key contains characters that no API key has",
        ),
        ({"temi": TemiResource(api_key="k", base_url="api.temi.com")}, "TemiResource.base_url=api.temi.com is not"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(home: Path, given: dict[str, object], said: str) -> None:
    default: dict[str, object] = {"sonix": SonixResource(api_key="k"), "lake": LakeResource(home=str(home))}
    with pytest.raises(SettingsError) as caught:
        build_sonitemi_definitions(**{**default, **given})  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("failed_days", -1.0), ("failed_days", 1e12), ("low_balance_days", float("nan")), ("vacuum_days", 0.0)],
)
def test_a_number_that_cannot_be_is_named_before_anything_runs(home: Path, field: str, value: float) -> None:
    """Not by a check that fails every hour."""
    lake = LakeResource(home=str(home)).model_copy(update={field: value})
    with pytest.raises(SettingsError, match=rf"LakeResource\.{field}={value} is not a number"):
        build_sonitemi_definitions(sonix=SonixResource(api_key="k"), lake=lake)


def test_automation_that_is_neither_on_nor_off_starts_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`no` and `0` were taken for on, and every sensor and schedule ran."""
    monkeypatch.setenv("SONITEMI_HOME", str(home))
    monkeypatch.setenv("SONIX_API_KEY", "k")
    for said, running in (("no", False), ("0", False), ("off", False), ("yes", True), ("", True)):
        monkeypatch.setenv("SONITEMI_AUTOMATION", said)
        sys.modules.pop("sonitemi_pipelines.dagster.definitions", None)
        defs = importlib.import_module("sonitemi_pipelines.dagster.definitions").defs
        status = {schedule.default_status for schedule in defs.schedules}
        assert (dg.DefaultScheduleStatus.RUNNING in status) is running, said
    monkeypatch.setenv("SONITEMI_AUTOMATION", "disabled")
    sys.modules.pop("sonitemi_pipelines.dagster.definitions", None)
    with pytest.raises(SettingsError, match="SONITEMI_AUTOMATION=disabled is neither true nor false"):
        importlib.import_module("sonitemi_pipelines.dagster.definitions")


def test_downstream_assets_checks_and_automation_of_ones_own(account: Sandbox, home: Path) -> None:
    """What people build on our tables runs in a job of theirs, also when nothing of ours changed."""
    ran = []

    @dg.asset(
        deps=[[PREFIX, "speaker_stats"], [PREFIX, "recordings"]], automation_condition=dg.AutomationCondition.eager()
    )
    def report() -> None:
        ran.append("report")

    @dg.asset_check(asset=dg.AssetKey([PREFIX, "words"]))
    def no_swearing() -> dg.AssetCheckResult:
        ran.append("check")
        return dg.AssetCheckResult(passed=True)

    @dg.asset_sensor(asset_key=dg.AssetKey([PREFIX, "transcripts"]), name="on_transcripts", job_name="mine")
    def on_transcripts() -> dg.RunRequest:
        return dg.RunRequest()

    mine = dg.Definitions(
        assets=[report],
        asset_checks=[no_swearing],
        jobs=[dg.define_asset_job("mine", selection=dg.AssetSelection.assets(report).upstream())],
        sensors=[on_transcripts],
    )
    defs = dg.Definitions.merge(mine, ours(account, home))
    with dg.DagsterInstance.ephemeral() as instance:
        assert defs.resolve_job_def(f"{PREFIX}_sync").execute_in_process(instance=instance).success
        assert ran == [], "our jobs run nobody else's assets and checks"
        for _ in range(2):
            ran.clear()
            assert defs.resolve_job_def("mine").execute_in_process(instance=instance).success
            assert ran.count("report") == 1
            assert ran.count("check") == 1


def test_a_client_in_an_asset_of_ones_own(account: Sandbox, home: Path) -> None:
    """The resource is good for what the pipeline does not do."""

    @dg.asset
    def names(sonix: SonixResource, lake: LakeResource) -> list[str]:
        lake.lake().read(TRANSCRIPTS)
        return [media.name or "" for media in sonix.get_client().media.list()]

    resources = {
        "sonix": SonixResource(api_key=account.keys["sonix"], base_url=account.base_url),
        "lake": LakeResource(home=str(home)),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([names], resources=resources, instance=instance)
    assert len(result.output_for_node("names")) == 2
    with pytest.raises(SettingsError, match=r"SonixResource.api_key is not set; set it to use Sonix"):
        SonixResource().get_client()
    with pytest.raises(SettingsError, match=r"NO_SUCH_KEY is not set"):
        SonixResource(api_key=dg.EnvVar("NO_SUCH_KEY")).get_client()


class Renaming(SonitemiTranslator):
    """Keys, groups, tags and owners of one's own."""

    def get_asset_spec(self, spec: dg.AssetSpec) -> dg.AssetSpec:
        spec = super().get_asset_spec(spec)
        return spec.replace_attributes(key=f"t_{spec.key.to_user_string()}", owners=["team:speech"])

    def get_tags(self, spec: dg.AssetSpec) -> dict[str, str]:
        return {**super().get_tags(spec), "domain": "speech"}


@pytest.mark.slow
def test_a_translator_renames_and_lineage_follows(account: Sandbox, home: Path) -> None:
    defs = ours(account, home, translator=Renaming())
    graph = defs.get_repository_def().asset_graph
    node = graph.get(dg.AssetKey([PREFIX, "t_speaker_stats"]))
    assert node.owners == ["team:speech"]
    assert node.tags["domain"] == "speech"
    assert (
        dg.AssetKey([PREFIX, "t_words"])
        in {
            ancestor
            for parent in (node.parent_keys | {node.key})
            for ancestor in (graph.get(parent).parent_keys | {parent})
        }
        | graph.get(dg.AssetKey([PREFIX, "t_warehouse"])).parent_keys
    )
    with dg.DagsterInstance.ephemeral() as instance:
        assert defs.resolve_job_def(f"{PREFIX}_sync").execute_in_process(instance=instance).success


@pytest.mark.slow
def test_attributes_can_be_changed_afterwards(account: Sandbox, home: Path) -> None:
    """`map_asset_specs` is how a platform team stamps everybody's assets."""
    defs = ours(account, home).map_asset_specs(func=lambda spec: spec.merge_attributes(owners=["team:platform"]))
    graph = defs.get_repository_def().asset_graph
    assert "team:platform" in graph.get(dg.AssetKey([PREFIX, "words"])).owners
    with dg.DagsterInstance.ephemeral() as instance:
        assert defs.resolve_job_def(f"{PREFIX}_sync").execute_in_process(instance=instance).success


def test_the_graph_reads_from_left_to_right(account: Sandbox, home: Path) -> None:
    """An edge that goes back to a group further left makes the picture unreadable."""
    defs = ours(account, home, ())
    graph = defs.get_repository_def().asset_graph
    order = ["sonix", "temi", "requests", "transcripts", "summaries", "marts", "warehouse"]
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        for parent in node.parent_keys:
            assert order.index(graph.get(parent).group_name or "") <= order.index(node.group_name or ""), (parent, key)
    assert {graph.get(dg.AssetKey(name)).is_external for name in ("sonix", "temi")} == {True}
    assert all(graph.get(key).kinds for key in graph.get_all_asset_keys() if hasattr(graph.get(key), "kinds"))
