"""Looks and runs as the sensors make them, without Dagster, on a clock that a test moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.run import ingest_transcripts
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Ingestion
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.watch.cursor import dump, fresh, load
from sonitemi_pipelines.watch.decide import Request, decide
from sonitemi_pipelines.watch.look import IMPATIENT, look
from sonitemi_pipelines.watch.news import Budget, Findings


@dataclass
class Watcher:
    """One vendor's sensor with the runs it asks for."""

    provider: str
    settings: Settings
    now: float = field(default_factory=lambda: utc_now().replace(tzinfo=dt.UTC).timestamp())
    text: str = ""
    last_full_run: float | None = None
    findings: Findings = field(default_factory=Findings)
    run_keys: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lake = Lake.from_settings(self.settings)
        self.vendor = VENDORS[self.provider]
        self.client = self.vendor.client(self.settings, **IMPATIENT)
        self.text = dump(fresh(self.now))

    def tick(self, *, seconds: float = 30, budget: Budget | None = None) -> Request | str:
        """One look `seconds` after the last; the request or the reason for none."""
        self.now += seconds
        cursor = load(self.text, self.now)
        moment = dt.datetime.fromtimestamp(self.now, dt.UTC).replace(tzinfo=None)
        self.findings = look(self.lake, self.vendor.looker(self.client), cursor, moment, budget)
        answer = decide(self.provider, "test", self.findings, cursor, now=self.now, last_full_run=self.last_full_run)
        self.text = dump(cursor)
        if isinstance(answer, Request):
            self.run_keys.append(answer.run_key)
        return answer

    def sync(self, request: Request | None = None) -> Ingestion:
        """What the run's list and transcript assets do; all of the account without a request."""
        full = request is None or request.full
        scope = Scope() if request is None or request.full else Scope(ids=frozenset(request.ids))
        for step in self.vendor.steps:
            if step.feeds_transcripts and (full or step.for_ids):
                step.run(self.lake, self.client, scope, self.settings)
        ingestion = ingest_transcripts(self.vendor, self.lake, self.client, scope, self.settings)
        if full:
            self.last_full_run = self.now + 0.5
        return ingestion

    def settle(self) -> None:
        """Sync everything, and look once so that nothing is owed."""
        self.sync()
        assert isinstance(self.tick(), str)

    def kinds(self) -> dict[str, str]:
        return {id_: news.kind for id_, news in self.findings.news.items()}


class Ticking:
    """A clock that moves `step` seconds each time it is read."""

    def __init__(self, step: float) -> None:
        self._now, self._step = 0.0, step

    def __call__(self) -> float:
        self._now += self._step
        return self._now


@pytest.fixture
def small(home: Any) -> Iterator[Sandbox]:
    """Both vendors, short recordings, nothing unfinished or odd."""
    with Sandbox(seed=3, sonix=0, temi=0, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        sandbox.add_sonix(5)
        sandbox.add_temi(5)
        yield sandbox


@pytest.fixture
def watch_sonix(small: Sandbox, home: Any) -> Watcher:
    return Watcher("sonix", Settings.from_env({**small.env, "SONITEMI_HOME": str(home)}))


@pytest.fixture
def watch_temi(small: Sandbox, home: Any) -> Watcher:
    return Watcher("temi", Settings.from_env({**small.env, "SONITEMI_HOME": str(home)}))
