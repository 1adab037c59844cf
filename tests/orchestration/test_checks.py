"""Checks that need no run to be tried."""

from __future__ import annotations

from pathlib import Path

from sonitemi_pipelines.dagster import LakeResource, SonixResource
from sonitemi_pipelines.dagster.build import _deployment_of
from sonitemi_pipelines.dagster.catalog import Catalog
from sonitemi_pipelines.dagster.checks import COMPUTED, Checks
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.aside import Aside, remember


def test_marts_that_could_not_be_computed_fail_a_check_of_every_sync(tmp_path: Path) -> None:
    """A mart keeps last month's numbers, and the only sign is a line in a log."""
    lake_resource = LakeResource(home=str(tmp_path))
    checks = Checks(Catalog(_deployment_of([SonixResource(api_key="k" * 20)], lake_resource, (), False, None, ())))
    assert COMPUTED in {key.name for key in checks.keys_for([TRANSCRIPTS.name])}
    lake = Lake(str(tmp_path / "lake"))
    assert checks.computed(lake).passed
    remember(lake, [], [Aside(None, None, "spend", "odd"), Aside("sonix", "m1", "terms", "odder")])
    result = checks.computed(lake)
    assert not result.passed
    assert result.description is not None
    assert "mart spend" in result.description
    assert "'m1'" in result.description
