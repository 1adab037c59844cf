"""Completions in random order over many looks, some of them cut short: each transcript is fetched exactly once."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.watch.decide import Request
from sonitemi_pipelines.watch.news import Budget

from .conftest import Ticking, Watcher

OPEN = ("transcribing", "transcribing", "aligning", "preparing", "needs_review")


@pytest.mark.parametrize(
    ("provider", "account", "completions", "ticks"),
    [
        ("sonix", 700, 120, 14),
        ("temi", 300, 60, 8),
        pytest.param("sonix", 20_000, 2_000, 60, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
def test_completions_across_old_and_new_media_are_each_ingested_exactly_once(
    home: Path, provider: str, account: int, completions: int, ticks: int
) -> None:
    """Public integrations lose media that finish late, and stop at 100 rows."""
    rng = random.Random(account)
    start = dt.datetime(2025, 1, 1)
    with Sandbox(seed=account, sonix=0, temi=0, quirks=False, minutes=(0.05, 0.1)).running() as sandbox:
        sandbox.set_balance(1_000_000)
        add = sandbox.add_sonix if provider == "sonix" else sandbox.add_temi
        states = OPEN if provider == "sonix" else ("in_progress",)
        statuses = [rng.choice(states) for _ in range(completions)] + ["failed"] * (account - completions)
        rng.shuffle(statuses)
        for place, status in enumerate(statuses):
            add(status=status, at=start + dt.timedelta(minutes=place))
        watcher = Watcher(provider, Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)}))
        watcher.settle()
        vendor = sandbox.vendors.sonix.media if provider == "sonix" else sandbox.vendors.temi.jobs
        left = [record.id for record in vendor if record.status in states]
        expected = set(left)
        rng.shuffle(left)
        cut = 0
        while left or watcher.findings.open or watcher.findings.news:
            for _ in range(rng.randint(0, 2 * completions // ticks)):
                if left:
                    sandbox.complete(left.pop())
            if left and rng.random() < 0.3:
                [new] = add(status=rng.choice((states[0], "completed" if provider == "sonix" else "transcribed")))
                expected.add(new)
                made = vendor.get(new)
                if made is not None and made.status in states:
                    left.insert(0, new)
            is_short = rng.random() < 0.2
            answer = watcher.tick(budget=Budget(1.5, Ticking(1.0)) if is_short else None)
            cut += watcher.findings.cut_short is not None
            if isinstance(answer, Request) and rng.random() < 0.9:
                watcher.sync(answer)
            # else: the run failed before it did anything, and its news has to come again.
        assert cut, "no look was cut short, so the test shows nothing of that"
        assert sandbox.counts_by_id(f"{provider} transcript.get") == dict.fromkeys(expected, 1)
        assert len(set(watcher.run_keys)) == len(watcher.run_keys)
