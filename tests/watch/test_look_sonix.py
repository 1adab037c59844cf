"""A look at Sonix finds all that is new, with calls that do not grow with the account."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from sonitemi_pipelines.errors import AuthenticationError, ServerError
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix import lists as sync_sonix
from sonitemi_pipelines.watch.decide import Request
from sonitemi_pipelines.watch.news import Budget, News

from .conftest import Ticking, Watcher

OPEN = ("transcribing", "aligning", "preparing", "needs_review")


def calls(sandbox: Sandbox) -> int:
    return sum(number for name, number in sandbox.counts().items() if name.startswith("sonix"))


@pytest.mark.slow
def test_a_look_at_20000_media_with_25_open_costs_6_calls_at_most(home: Path) -> None:
    """An account that grows does not eat up the vendor's patience, or the tick's minute."""
    start = dt.datetime(2025, 1, 1)
    rng = random.Random(5)
    with Sandbox(seed=5, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        statuses = [OPEN[place % 4] for place in range(25)] + ["completed"] * 175
        statuses += [rng.choice(("failed", "blocked", "duplicate")) for _ in range(19_800)]
        rng.shuffle(statuses)
        for place, status in enumerate(statuses):
            sandbox.add_sonix(status=status, at=start + dt.timedelta(minutes=20 * place))
        watcher = Watcher("sonix", Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)}))
        watcher.settle()
        for _ in range(8):
            sandbox.reset_counts()
            answer = watcher.tick()
            assert answer == f"25 open, nothing new; {watcher.findings.calls} calls"
            assert watcher.findings.calls == calls(sandbox) <= 6
        # Whatever is open and however old: each is found, the ones no list filters by in turn.
        ids = {media.id: media.status for media in sandbox.vendors.sonix.media if media.status in OPEN}
        for media_id in ids:
            sandbox.complete(media_id)
        found: dict[str, str] = {}
        for _ in range(8):
            sandbox.reset_counts()
            answer = watcher.tick()
            assert calls(sandbox) <= 6
            if isinstance(answer, Request):
                found |= watcher.kinds()
                assert not answer.full
                assert set(watcher.sync(answer).committed) == {(id_, "latest") for id_ in answer.ids}
        assert set(found) == set(ids)
        assert watcher.tick() == "0 open, nothing new; 1 calls"


def test_what_ended_appeared_returned_or_was_renamed_is_news_of_that_kind(small: Sandbox, watch_sonix: Watcher) -> None:
    a, b, c, d, e = sandbox_ids = small.add_sonix(5, status="transcribing")
    gone, renamed = small.add_sonix(2)
    watch_sonix.settle()
    small.delete(gone)
    watch_sonix.settle()
    small.complete(a)
    small.fail(b)
    small.set_status(c, "blocked")
    small.set_status(d, "aligning")
    small.restore(gone)
    small.rename(renamed, "another name")
    [new] = small.add_sonix(status="preparing")
    answer = watch_sonix.tick()
    assert isinstance(answer, Request)
    assert watch_sonix.kinds() == {
        a: "completed", b: "failed", c: "blocked", gone: "returned", renamed: "edited", new: "appeared",
    }  # fmt: skip
    assert answer.tags["sonitemi/news"] == "1 appeared, 1 blocked, 1 completed, 1 edited, 1 failed, 1 returned"
    assert answer.tags["sonitemi/failed"] == b
    assert answer.tags["sonitemi/blocked"] == c
    watch_sonix.sync(answer)
    assert isinstance(watch_sonix.tick(), str)
    assert watch_sonix.findings.open == 3, "failed and blocked ones are followed no more"
    assert e in sandbox_ids


def test_a_media_deleted_while_it_is_worked_on_is_found_and_marked(small: Sandbox, watch_sonix: Watcher) -> None:
    """Otherwise it would stay open, and be asked for, for ever."""
    old = dt.datetime(2025, 1, 1)
    ids = small.add_sonix(2, status="transcribing", at=old) + small.add_sonix(2, status="preparing", at=old)
    small.add_sonix(120, status="failed")
    watch_sonix.settle()
    for id_ in ids:
        small.delete(id_)
    answer = watch_sonix.tick()
    assert isinstance(answer, Request)
    assert set(answer.ids) == set(ids)
    watch_sonix.sync(answer)
    assert watch_sonix.tick() == "0 open, nothing new; 1 calls"


def test_one_that_moves_from_preparing_to_transcribing_to_completed_is_not_lost(
    small: Sandbox, watch_sonix: Watcher
) -> None:
    """The lake still says preparing when it is done; the lists it passed through tell that it has left."""
    [media] = small.add_sonix(status="preparing", at=dt.datetime(2025, 1, 1))
    stuck = small.add_sonix(12, status="needs_review", at=dt.datetime(2025, 1, 2))
    small.add_sonix(120, status="failed")
    watch_sonix.settle()
    small.set_status(media, "transcribing")
    assert isinstance(watch_sonix.tick(), str)
    small.complete(media)
    answer = watch_sonix.tick()
    assert isinstance(answer, Request)
    assert answer.ids == [media]
    assert len(stuck) == 12


def test_a_media_stuck_in_an_odd_status_is_left_to_the_hourly_listing_after_a_day(
    small: Sandbox, watch_sonix: Watcher
) -> None:
    """An unknown status is not the end, but it does not cost a call every tick for ever either."""
    [stuck] = small.add_sonix(status="needs_review", at=dt.datetime(2025, 1, 1))
    small.add_sonix(120, status="failed")
    watch_sonix.settle()
    small.reset_counts()
    watch_sonix.tick()
    assert small.counts_by_id("sonix media.get") == {stuck: 1}
    small.reset_counts()
    watch_sonix.tick(seconds=25 * 3600)
    assert small.counts_by_id("sonix media.get") == {}


def test_media_whose_transcript_a_killed_run_did_not_fetch_are_asked_for(small: Sandbox, watch_sonix: Watcher) -> None:
    """The list says completed on both sides, so only the missing transcript tells."""
    watch_sonix.settle()
    [media] = small.add_sonix()
    assert isinstance(watch_sonix.client, object)
    sync_sonix.sync_media(watch_sonix.lake, watch_sonix.client, Scope(), in_flight=8)  # type: ignore[arg-type]
    answer = watch_sonix.tick()
    assert isinstance(answer, Request)
    assert watch_sonix.kinds() == {media: "missing"}
    assert watch_sonix.sync(answer).committed == ((media, "latest"),)
    assert isinstance(watch_sonix.tick(), str)


def test_a_look_cut_short_owes_a_full_run_until_one_succeeded(small: Sandbox, watch_sonix: Watcher) -> None:
    """Ids on pages not seen must not be forgotten once the head of the list is known."""
    watch_sonix.settle()
    small.add_sonix(150, status="failed")
    answer = watch_sonix.tick(budget=Budget(0.5, Ticking(1.0)))
    assert isinstance(answer, Request)
    assert answer.full
    assert "more news than 1 pages" in answer.tags["sonitemi/cut_short"]
    assert watch_sonix.tick(seconds=20).__class__ is Request, "what is known by now does not wait for the full run"
    again = watch_sonix.tick(seconds=45)
    assert isinstance(again, Request)
    assert again.full, "the run did not succeed, so it is still owed"
    watch_sonix.sync(again)
    assert isinstance(watch_sonix.tick(), str)
    assert len(set(watch_sonix.run_keys)) == len(watch_sonix.run_keys) == 3


def test_a_burst_behind_one_media_that_a_webhook_brought_in_is_found_whole(
    small: Sandbox, watch_sonix: Watcher
) -> None:
    """The newest being known says nothing of those uploaded a moment before it."""
    watch_sonix.settle()
    burst = small.add_sonix(130, status="failed")
    [newest] = small.add_sonix(status="failed")
    watch_sonix.sync(Request((News(newest, "told", "event 1"),), full=False, run_key="a webhook's", tags={}))
    small.reset_counts()
    answer = watch_sonix.tick()
    assert isinstance(answer, Request)
    assert set(answer.ids) == set(burst)
    assert calls(small) <= 6


def test_an_empty_account_is_quiet(home: Path) -> None:
    with Sandbox(sonix=0, temi=0).running() as sandbox:
        watcher = Watcher("sonix", Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)}))
        watcher.settle()
        assert watcher.tick() == "0 open, nothing new; 1 calls"


def test_a_media_that_cannot_be_looked_up_costs_no_full_run_and_hides_no_other(
    small: Sandbox, watch_sonix: Watcher
) -> None:
    """One that the vendor chokes on would else list a large account every few minutes for a day."""
    old = dt.datetime(2025, 1, 1)
    broken, *others = small.add_sonix(4, status="preparing", at=old)
    small.add_sonix(120, status="failed")
    watch_sonix.settle()
    small.faults.fail_next("sonix media.get", id=broken, times=None)
    for id_ in others:
        small.complete(id_)
    found: set[str] = set()
    for _ in range(6):
        answer = watch_sonix.tick()
        if isinstance(answer, Request):
            assert not answer.full
            found |= set(answer.ids)
            watch_sonix.sync(answer)
    assert found == set(others)


def test_a_vendor_that_fails_in_the_middle_costs_a_full_run_and_one_that_is_down_costs_none(
    small: Sandbox, watch_sonix: Watcher
) -> None:
    small.add_sonix(3, status="transcribing", at=dt.datetime(2025, 1, 1))
    small.add_sonix(120, status="failed")
    watch_sonix.settle()

    def fail_the_filtered_lists(operation: str, id_: str | None, number: int) -> None:
        if operation == "sonix media.list" and number == 2:
            small.faults.fail_next("sonix media.list", times=None)

    small.reset_counts()
    small.on_request(fail_the_filtered_lists)
    answer = watch_sonix.tick()
    assert isinstance(answer, Request)
    assert answer.full
    assert "media.list answered 503" in answer.tags["sonitemi/cut_short"]
    small.on_request(None)
    small.faults.clear()
    small.faults.fail_next("sonix *", times=None)
    with pytest.raises(ServerError):
        watch_sonix.tick()
    small.faults.clear()
    small.faults.fail_next("sonix *", status=401, times=None)
    with pytest.raises(AuthenticationError):
        watch_sonix.tick()
