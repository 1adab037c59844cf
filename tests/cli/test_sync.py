"""`sonitemi sync`, `reconcile`, `balance` where nobody but cron looks at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonitemi_pipelines.sandbox import Sandbox

from .conftest import invoke


@pytest.fixture
def small() -> Iterator[Sandbox]:
    with Sandbox(seed=5, sonix=2, temi=2).running() as sandbox:
        yield sandbox


def test_one_vendor_alone_and_nothing_said_when_all_is_well(small: Sandbox, home: Path) -> None:
    """A line in cron's mail every hour is a line that nobody reads."""
    env = {**small.env, "SONITEMI_HOME": str(home)}
    done = invoke("sync", "--vendor", "temi", "--quiet", env=env)
    assert (done.exit_code, done.output) == (0, "")
    assert not any("media" in request.path for request in small.requests)
    done = invoke("sync", "--vendor", "sonix", env={**env, "SONIX_API_KEY": ""})
    assert (done.exit_code, "SONIX_API_KEY not set: nothing to sync" in done.stderr) == (2, True)


def test_json_is_the_whole_output(small: Sandbox, home: Path) -> None:
    done = invoke("sync", "--json", env={**small.env, "SONITEMI_HOME": str(home)})
    found = json.loads(done.stdout)
    assert found["complete"] is True
    assert found["vendors"]["sonix"]["arrived"] > 0
    assert found["warehouse"] == str(home / "warehouse.duckdb")


def test_the_last_line_says_what_is_missing_and_why(small: Sandbox, home: Path) -> None:
    """The one line that a log viewer shows, and all that most people read."""
    env = {**small.env, "SONITEMI_HOME": str(home), "SONIX_API_KEY": "wrong"}
    done = invoke("sync", env=env)
    last = done.stderr.strip().splitlines()[-1]
    assert done.exit_code == 1
    assert last.startswith("missing: sonix was not read to the end (")
    assert "check the API key" in last
    small.faults.fail_next("temi transcript.get*", status=404, times=None)
    done = invoke("sync", "--refetch", env={**env, "SONIX_API_KEY": ""})
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("missing: transcript temi ")
    assert "the next run tries again" in last


@pytest.mark.slow
def test_reconcile_finds_an_edit_that_no_list_shows(small: Sandbox, home: Path) -> None:
    env = {**small.env, "SONITEMI_HOME": str(home)}
    assert invoke("sync", env=env).exit_code == 0
    [media] = small.add_sonix(n=1, status="completed")
    assert invoke("sync", "--quiet", env=env).exit_code == 0
    small.edit(media)
    assert json.loads(invoke("sync", "--json", env=env).stdout)["vendors"]["sonix"]["arrived"] == 0
    assert json.loads(invoke("reconcile", "--json", env=env).stdout)["vendors"]["sonix"]["arrived"] == 1


def test_balance_is_observed_and_told(small: Sandbox, home: Path) -> None:
    env = {**small.env, "SONITEMI_HOME": str(home)}
    assert "Temi balance" in invoke("balance", env=env).stdout
    assert json.loads(invoke("balance", "--json", env=env).stdout)["temi"]["balance_usd"] > 0
    done = invoke("balance", env={**env, "TEMI_API_KEY": ""})
    assert (done.exit_code, "TEMI_API_KEY is not set" in done.stderr) == (2, True)


@pytest.mark.parametrize("given", ["", "./data", "data/x"])
def test_a_home_that_depends_on_the_folder_is_warned_of(
    small: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """cron starts in another folder, and would fill a second lake there."""
    monkeypatch.chdir(tmp_path)
    done = invoke("sync", "--vendor", "temi", env={**small.env, "SONITEMI_HOME": given})
    assert "depends on the folder you stand in" in done.stderr
    assert str(tmp_path) in done.stderr


@pytest.mark.parametrize(
    ("args", "unset"),
    [
        (["--vendor", "sonix", "--temi-id", "sd500009"], []),
        (["--vendor", "temi", "--translation", "abc/es"], []),
        (["--sonix-id", "abc"], ["SONIX_API_KEY"]),
    ],
)
def test_a_recording_of_a_vendor_that_is_left_out_is_not_said_to_be_there(
    small: Sandbox, home: Path, args: list[str], unset: list[str]
) -> None:
    env = {**small.env, "SONITEMI_HOME": str(home), **dict.fromkeys(unset, "")}
    done = invoke("sync", *args, env=env)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is left out" in done.stderr
    assert not small.requests
