"""A look at Temi finds all that is new, with a handful of calls."""

from __future__ import annotations

import datetime as dt

from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.watch.decide import Request
from sonitemi_pipelines.watch.news import Budget, News

from .conftest import Ticking, Watcher

OLD = dt.datetime(2025, 1, 1)


def test_old_jobs_still_open_are_followed_in_turn_with_6_calls_at_most(small: Sandbox, watch_temi: Watcher) -> None:
    """Completion is not creation: a job that is behind the head of the list is not lost when it ends."""
    jobs = small.add_temi(12, status="in_progress", at=OLD)
    small.add_temi(120, status="failed")
    watch_temi.settle()
    for job in jobs:
        small.complete(job)
    found: list[str] = []
    for _ in range(3):
        small.reset_counts()
        answer = watch_temi.tick()
        assert sum(small.counts().values()) == watch_temi.findings.calls <= 6
        assert isinstance(answer, Request)
        assert answer.tags["sonitemi/provider"] == "temi"
        found += answer.ids
        watch_temi.sync(answer)
    assert sorted(found) == sorted(jobs)
    assert watch_temi.tick() == "0 open, nothing new; 1 calls"


def test_what_completed_failed_was_edited_appeared_or_vanished_is_news_of_that_kind(
    small: Sandbox, watch_temi: Watcher
) -> None:
    done, broken = small.add_temi(2, status="in_progress")
    [edited] = small.add_temi(1)
    [vanished] = small.add_temi(1, status="in_progress", at=OLD)
    watch_temi.settle()
    small.complete(done)
    small.fail(broken)
    small.edit(edited)
    small.delete(vanished)
    [new] = small.add_temi(status="in_progress")
    answer = watch_temi.tick()
    assert isinstance(answer, Request)
    assert watch_temi.kinds() == {
        done: "completed", broken: "failed", edited: "edited", new: "appeared", vanished: "gone",
    }  # fmt: skip
    fetched = watch_temi.sync(answer).committed
    assert set(fetched) == {(done, "latest"), (edited, "latest"), (edited, "machine")}
    assert isinstance(watch_temi.tick(), str)
    assert watch_temi.findings.open == 1


def test_a_burst_behind_one_job_that_a_webhook_brought_in_is_found_whole(small: Sandbox, watch_temi: Watcher) -> None:
    """The newest being known says nothing of those submitted a moment before it."""
    watch_temi.settle()
    burst = small.add_temi(130, status="failed")
    [newest] = small.add_temi(status="failed")
    watch_temi.sync(Request((News(newest, "told", "event 1"),), full=False, run_key="a webhook's", tags={}))
    answer = watch_temi.tick()
    assert isinstance(answer, Request)
    assert set(answer.ids) == set(burst)
    assert watch_temi.findings.calls <= 6


def test_a_look_cut_short_owes_a_full_run(small: Sandbox, watch_temi: Watcher) -> None:
    watch_temi.settle()
    small.add_temi(150, status="failed")
    answer = watch_temi.tick(budget=Budget(0.5, Ticking(1.0)))
    assert isinstance(answer, Request)
    assert answer.full
    watch_temi.sync(answer)
    assert isinstance(watch_temi.tick(), str)


def test_a_job_deleted_between_two_pages_of_news_costs_a_full_run_and_no_error(
    small: Sandbox, watch_temi: Watcher
) -> None:
    watch_temi.settle()
    jobs = small.add_temi(150, status="failed")
    on_first_page = jobs[50]

    def delete_the_cursor(operation: str, id_: str | None, number: int) -> None:
        if operation == "temi job.list" and number == 2:
            small.delete(on_first_page)

    small.reset_counts()
    small.on_request(delete_the_cursor)
    answer = watch_temi.tick()
    assert isinstance(answer, Request)
    assert answer.full
    assert "deleted" in answer.tags["sonitemi/cut_short"]
