"""Whom media are shared with, as `reconcile` finds it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.forget import forget
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA, SONIX_SHARES

CALL = "sonix share.list"


@pytest.mark.slow
def test_shares_come_change_and_end_with_reconcile_and_cost_other_runs_no_call(
    sandbox: Sandbox, settings: Settings
) -> None:
    """Who may read a call is asked of a media at a time: an hourly run of 10,000 media must not ask."""
    lake = Lake.from_settings(settings)
    [media, other] = sandbox.add_sonix(2, minutes=0.3)
    client = SonixClient.from_settings(settings)
    client.shares.create(media, email="ann@example.com", can_edit=True)
    client.shares.create(media, email="bob@example.com")
    client.shares.create(other, email="ann@example.com")

    def reconcile() -> None:
        report = run_sync(settings, {"sonix": Scope(reread_days=7)}, vendors=["sonix"])
        assert report.complete

    def held() -> dict[tuple[str, str], Any]:
        rows = lake.read(SONIX_SHARES).to_pylist()
        return {(row["media_id"], row["email"]): (row["can_edit"], row["deleted_at"] is None) for row in rows}

    run_sync(settings, vendors=["sonix"])
    assert sandbox.counts().get(CALL, 0) == 0
    assert held() == {}
    reconcile()
    recent = dt.datetime.now() - dt.timedelta(days=7)
    rows = lake.read(SONIX_MEDIA, ["status", "created_at"]).to_pylist()
    young = [row for row in rows if row["status"] == "completed" and row["created_at"] > recent]
    assert sandbox.counts()[CALL] == len(young) < len(rows), "only of young media"
    assert held() == {
        (media, "ann@example.com"): (True, True),
        (media, "bob@example.com"): (False, True),
        (other, "ann@example.com"): (False, True),
    }
    before = lake.snapshot([SONIX_SHARES.name])
    reconcile()
    assert lake.snapshot([SONIX_SHARES.name]) == before, "nothing was news"

    client.shares.create(media, email="bob@example.com", can_edit=True)
    client.shares.delete(media, email="ann@example.com")
    sandbox.delete(other)
    reconcile()
    assert held() == {
        (media, "ann@example.com"): (True, False),
        (media, "bob@example.com"): (True, True),
        (other, "ann@example.com"): (False, True),
    }, "of a media that is gone it stays as it was seen last"
    assert forget(settings, "sonix", media)[SONIX_SHARES.name] == 2
    assert set(held()) == {(other, "ann@example.com")}


def test_a_role_that_may_not_see_shares_fails_no_run(sandbox: Sandbox, settings: Settings) -> None:
    sandbox.faults.fail_next(CALL, status=403, times=None)
    sandbox.add_sonix(1, minutes=0.3)
    assert run_sync(settings, {"sonix": Scope(reread_days=7)}, vendors=["sonix"]).complete
