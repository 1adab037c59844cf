"""Transcripts that fail: retried in time, healed when the vendor heals, in nobody's way."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.lake.schemas import SYNC_FAILURES
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.sync import failures as sync_failures
from sonitemi_pipelines.sync import transcripts as sync_transcripts
from sonitemi_pipelines.watch.decide import Request

from .conftest import Watcher


@pytest.fixture
def on_the_watchers_clock(watch_sonix: Watcher, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    """Failures are recorded at the time the test is at, so that hours pass in a second."""

    def utc_now() -> dt.datetime:
        return dt.datetime.fromtimestamp(watch_sonix.now, dt.UTC).replace(tzinfo=None)

    monkeypatch.setattr(sync_failures, "utc_now", utc_now)
    monkeypatch.setattr(sync_transcripts, "utc_now", utc_now)
    return watch_sonix


def failures(watcher: Watcher) -> list[dict[str, Any]]:
    return list(watcher.lake.read(SYNC_FAILURES).to_pylist())


@pytest.mark.slow
def test_a_transcript_that_never_works_is_retried_with_pauses_and_blocks_nobody(
    small: Sandbox, on_the_watchers_clock: Watcher
) -> None:
    watcher = on_the_watchers_clock
    watcher.settle()
    [broken] = small.add_sonix()
    small.faults.fail_next("sonix transcript.get", id=broken, status=404, times=None)
    small.reset_counts()
    arrived = set()
    for tick in range(3 * 30):
        if tick % 15 == 7:
            small.add_sonix()
        answer = watcher.tick(seconds=120)
        if isinstance(answer, Request):
            arrived |= set(watcher.sync(answer).committed)
        elif tick < 75:
            assert "1 failed transcripts wait for their next try" in answer
    assert len(arrived) == 6, "every other transcript came"
    tries = small.counts_by_id("sonix transcript.get")[broken]
    assert 6 <= tries <= 9, "a minute, doubling, an hour at most: about 7 in three hours"
    [row] = failures(watcher)
    assert (row["recording_id"], row["attempts"]) == (broken, tries)
    assert "404" in row["reason"]


def test_a_transcript_that_failed_arrives_once_the_vendor_heals(
    small: Sandbox, on_the_watchers_clock: Watcher, home: Path
) -> None:
    watcher = on_the_watchers_clock
    watcher.settle()
    [media] = small.add_sonix()
    small.faults.fail_next("sonix transcript.get", id=media, status=404, times=2)
    waited = 0.0
    while not small.counts_by_id("sonix transcript.get", ok=True).get(media):
        answer = watcher.tick()
        if isinstance(answer, Request):
            watcher.sync(answer)
        waited += 30
        assert waited < 600
    assert failures(watcher) == []
    assert watcher.tick() == "0 open, nothing new; 1 calls"
