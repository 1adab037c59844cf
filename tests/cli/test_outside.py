"""What a shell hands over: bytes that are no text, numbers beyond everything."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse

from .conftest import Run, invoke

LATIN = os.fsdecode("Müller".encode("latin-1"))
"""A name as an old file server has it, and as Python hands it on."""


@pytest.mark.parametrize(
    "args",
    [
        ["forget", "sonix", LATIN],
        ["report", "sonix", LATIN],
        ["export", "sonix", LATIN, "--format", "srt"],
        ["sync", "--sonix-id", LATIN],
        ["submit", "sonix", f"{LATIN}.mp3", "--language", "en"],
        ["sonix", "media", "get", LATIN],
    ],
)
def test_an_argument_that_is_no_utf_8_is_one_line(run: Run, args: list[str]) -> None:
    done = run(*args)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "ller is not text in UTF-8" in done.stderr or "ller.mp3 is not text in UTF-8" in done.stderr


def test_a_file_of_an_old_name_stops_no_other_of_its_folder(tmp_path: Path, home: Path) -> None:
    """An archive of recordings, some of them from a server of Latin-1 names."""
    for name in ("a.mp3", f"{LATIN}.mp3", "z.mp3"):
        (tmp_path / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    with Sandbox(sonix=0, temi=0).running() as sandbox:
        env = {**sandbox.env, "SONITEMI_HOME": str(home)}
        done = invoke("submit", "temi", str(tmp_path), "--pattern", "*.mp3", env=env)
        assert sandbox.counts(ok=True).get("temi job.submit") == 2, done.output
    assert done.exit_code == 1
    assert "rename it" in done.output


@pytest.mark.parametrize("name", ["SONITEMI_HOME", "SONITEMI_WAREHOUSE", "SONIX_BASE_URL", "SONIX_WEBHOOK_SECRET"])
def test_a_variable_that_is_no_utf_8_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is not text in UTF-8"):
        Settings.from_env({"SONITEMI_HOME": str(tmp_path), name: f"/{LATIN}"})


def test_a_price_of_10_dollars_an_hour_is_a_price(tmp_path: Path) -> None:
    """10 / 60 has no end; whoever computes it passes more digits than a table holds."""
    with Sandbox(seed=3, sonix=2, temi=0).running() as sandbox:
        env = {**sandbox.env, "SONITEMI_HOME": str(tmp_path), "SONIX_RATE_PER_MINUTE": repr(10 / 60)}
        settings = Settings.from_env(env)
        assert run_sync(settings).complete
    with open_warehouse(settings.warehouse) as connection:
        sql = "SELECT sum(cost), sum(round(started_minutes / 6, 2)) FROM usage_daily"
        [(cost, expected)] = connection.execute(sql).fetchall()
    assert cost == round(Decimal(expected), 2)
    assert cost > 0


@pytest.mark.parametrize("rate", ["1e400", "1e30", "1001", "-0.01", "Infinity"])
def test_a_price_beyond_everything_is_refused_before_a_run(rate: str) -> None:
    with pytest.raises(SettingsError, match="SONIX_RATE_PER_MINUTE"):
        Settings.from_env({"SONIX_RATE_PER_MINUTE": rate}).vendor("sonix")


@pytest.mark.parametrize(
    "name", ["SONITEMI_VACUUM_DAYS", "SONITEMI_BACKLOG_HOURS", "SONITEMI_LOW_BALANCE_DAYS", "SONITEMI_FAILED_DAYS"]
)
@pytest.mark.parametrize("days", ["1e9", "1e400"])
def test_more_days_than_a_calendar_has_are_refused(name: str, days: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: days})
