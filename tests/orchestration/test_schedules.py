"""Schedules as Dagster evaluates them: when they are on, and what they ask for."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from sonitemi_pipelines.dagster import LakeResource, SonixResource, TemiResource, build_sonitemi_definitions
from sonitemi_pipelines.errors import SettingsError
from tests.orchestration.conftest import ROOT, clean_environment
from tests.orchestration.deployed import Deployed, made_in, scope_of

_SHOW = (
    "from dagster_project.definitions import defs\n"
    "for s in defs.get_repository_def().schedule_defs:\n"
    "    print(s.name, s.default_status.value, s.execution_timezone, s.cron_schedule, sep='|')\n"
)


def test_schedules_are_on_where_a_key_is_and_in_the_users_time_zone(tmp_path: Path) -> None:
    """Without a key a schedule would only make runs that skip; a daily run at 3 means the user's 3 o'clock."""
    env = clean_environment(
        HOME=str(tmp_path),
        SONITEMI_HOME=str(tmp_path / "data"),
        SONIX_API_KEY="key",
        SONITEMI_TIMEZONE="Europe/Paris",
        SONITEMI_SYNC_CRON="*/15 6-20 * * 1-5",
    )
    done = subprocess.run([sys.executable, "-c", _SHOW], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert set(done.stdout.splitlines()) == {
        "sync_schedule|RUNNING|Europe/Paris|*/15 6-20 * * 1-5",
        "balance_schedule|STOPPED|Europe/Paris|37 */6 * * *",
        "reconcile_schedule|RUNNING|Europe/Paris|23 3 * * *",
        "maintain_schedule|RUNNING|Europe/Paris|53 4 * * 0",
    }, done.stderr[-2000:]


def test_automation_switched_off_starts_nothing_by_itself(home: Path) -> None:
    """A second deployment for trying things out must not call the vendors behind one's back."""
    defs = build_sonitemi_definitions(
        sonix=SonixResource(api_key="key"), lake=LakeResource(home=str(home)), automation=False
    )
    repository = defs.get_repository_def()
    assert {one.default_status for one in repository.schedule_defs} == {dg.DefaultScheduleStatus.STOPPED}
    assert {one.default_status for one in repository.sensor_defs} == {dg.DefaultSensorStatus.STOPPED}


@pytest.mark.parametrize("providers", [["sonix", "temi"], ["temi"]])
def test_a_schedule_asks_for_a_run_of_each_vendor_with_a_key(
    small: Deployed, tmp_path: Path, providers: list[str]
) -> None:
    """A vendor whose key was revoked would else keep the other's edits out, which only these runs find."""
    deployed = small.again(keys={name: "" for name in small.keys if name not in providers})
    schedule = deployed.defs.resolve_schedule_def("reconcile_schedule")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        context = dg.build_schedule_context(instance, scheduled_execution_time=dt.datetime(2026, 11, 25, 3, 23))
        requests = schedule.evaluate_tick(context).run_requests or []
        assert [request.tags["sonitemi/provider"] for request in requests] == providers
        assert scope_of(requests[-1]) == {"sonix_ids": [], "reread_days": 7}
        assert len({request.run_key for request in requests}) == len(providers)
        small.sandbox.faults.fail_next("sonix *", status=401, times=None)
        result = deployed.execute(requests[-1], instance)
        assert result.success
        assert {"temi_jobs", "temi_account_balance", "words", "speaker_stats", "warehouse"} <= made_in(result)
        assert "sonix_media" not in made_in(result)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("maintain_cron", "every sunday", "LakeResource.maintain_cron=every sunday is not a cron expression"),
        ("timezone", "Paris", "LakeResource.timezone=Paris is not an IANA time zone"),
        ("in_flight", 0, "LakeResource.in_flight=0 is not a whole number from 1"),
        ("vacuum_days", 0.5, "LakeResource.vacuum_days=0.5 is not a number from 1"),
        ("notify_url", "chat", "LakeResource.notify_url is not an http or https URL"),
        ("smtp_url", "mail.example.com", "the mail server is not a URL"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_the_name_of_its_field(
    home: Path, field: str, value: object, said: str
) -> None:
    """Who fills in a resource never sees the variables behind it."""
    lake = LakeResource(**{"home": str(home), field: value})  # type: ignore[arg-type]
    with pytest.raises(SettingsError) as caught:
        build_sonitemi_definitions(temi=TemiResource(api_key="key"), lake=lake)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_variables_that_no_resource_names_are_not_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another team's variables on the same machine must not move our lake."""
    for name in ("SONITEMI_HOME", "SONITEMI_TIMEZONE", "SONITEMI_IN_FLIGHT", "SONIX_BASE_URL", "SONITEMI_SYNC_CRON"):
        monkeypatch.setenv(name, "nonsense*")
    defs = build_sonitemi_definitions(
        sonix=SonixResource(api_key=dg.EnvVar("THE_KEY")), lake=LakeResource(home=str(home))
    )
    [sync] = [one for one in defs.get_repository_def().schedule_defs if one.name == "sync_schedule"]
    assert (sync.cron_schedule, sync.execution_timezone) == ("7 * * * *", "UTC")
    assert os.listdir(home.parent) == []
