"""`forget` beside a sync that goes on at the same time: nothing of what was erased stays or comes back."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.tables import SONIX_SUMMARIES, SONIX_TRANSLATIONS

from .dying import Commands, commands
from .held import places_that_hold
from .points import BESIDE, Point

Provider = Literal["sonix", "temi"]
MARK = "Quetzalcoatl"
IDLE = 1.5
"""Seconds of doing next to nothing after which the erasure counts as waiting for the sync, which goes on then."""


@dataclass
class Account:
    """An account with recordings to be erased, each of words of its own, and a lake that has them all."""

    sandbox: Sandbox
    home: Path
    commands: Commands
    targets: list[tuple[Provider, str]]

    @property
    def env(self) -> dict[str, str]:
        return {**self.sandbox.env, "SONITEMI_HOME": str(self.home)}

    def change(self, provider: Provider, recording: str, mark: str) -> None:
        """Something of it for every step of a sync to bring in."""
        self.sandbox.set_balance(1000 + len(self.sandbox.vendors.sonix.media))
        self.sandbox.rename(recording, f"{mark} renamed")
        self.sandbox.set_transcript(provider, recording, payload(provider, f"{mark} changed"))
        if provider == "temi":
            self.sandbox.edit(recording)
            self.sandbox.set_transcript(provider, recording, payload(provider, f"{mark} changed"))
            return
        client = SonixClient(self.sandbox.keys["sonix"], self.sandbox.base_url)
        folder = client.folders.create(name=f"folder {len(self.sandbox.vendors.sonix.tasks)}").id
        client.media.update(recording, folder_id=folder)
        client.translations.create(recording, language="es")
        wanted = client.summarizations.create(recording, prompt="Summarize")
        # As the ledger notes them.
        lake = Lake.from_settings(Settings.from_env(self.env))
        asked = {"media_id": recording, "status": "processing", "created_at": utc_now()}
        translation, summary = asked | {"language": "es"}, asked | {"summarization_id": wanted.id}
        lake.put(SONIX_TRANSLATIONS, SONIX_TRANSLATIONS.from_rows([translation]))
        lake.put(SONIX_SUMMARIES, SONIX_SUMMARIES.from_rows([summary]))
        client.batch_summarizations.create(folder, prompt="Summarize")
        for task in self.sandbox.vendors.sonix.tasks:
            self.sandbox.complete_task(task)


def payload(provider: Provider, said: str) -> bytes:
    words = said.split()
    if provider == "sonix":
        tokens = [{"text": f" {word}", "start_time": n, "end_time": n + 0.5} for n, word in enumerate(words)]
        return json.dumps({"name": said, "transcript": [{"speaker": words[0], "words": tokens}]}).encode()
    tokens = [{"type": "text", "value": word, "ts": n, "end_ts": n + 0.5} for n, word in enumerate(words)]
    return json.dumps(
        {"speakers": [{"id": 0, "name": words[0]}], "monologues": [{"speaker": 0, "elements": tokens}]}
    ).encode()


@contextmanager
def account_of(folder: Path, moments: Sequence[Point]) -> Iterator[Account]:
    """An account with a recording to be erased at each of the moments."""
    with (
        Sandbox(seed=9, sonix=2, temi=2, minutes=(0.1, 0.2), task_seconds=None).running() as sandbox,
        commands(folder / "commands") as started,
    ):
        targets: list[tuple[Provider, str]] = []
        for number, point in enumerate(moments):
            provider: Provider = "temi" if "job" in point.name or point.name in OF_THE_OTHER else "sonix"
            if provider == "sonix":
                [recording] = sandbox.add_sonix(1, minutes=0.1, language="en")
            else:
                [recording] = sandbox.add_temi(1, minutes=0.1)
            sandbox.rename(recording, f"{MARK}{number}x")
            sandbox.set_transcript(provider, recording, payload(provider, f"{MARK}{number}x before"))
            targets.append((provider, recording))
        made = Account(sandbox, folder / "home", started, targets)
        started.run(made.env, "sync")
        yield made


OF_THE_OTHER = ("log of words", "commit terms")
"""While Sonix is being synced, something of Temi's is erased there."""


def beside(account: Account, point: Point, provider: Provider, recording: str, mark: str) -> None:
    account.sandbox.add_sonix(1, minutes=0.1)
    account.change(provider, recording, mark)
    sync = account.commands.start(account.env, "reconcile", at=str(point), number=signal.SIGSTOP)
    sync.wait_until_held()
    erasure = account.commands.start(account.env, "forget", provider, recording)
    busy, since = 0.0, time.monotonic()
    while not erasure.has_ended() and time.monotonic() - since < IDLE:
        if erasure.cpu_seconds() > busy + 0.1:
            busy, since = erasure.cpu_seconds(), time.monotonic()
        time.sleep(0.05)
    waited = not erasure.has_ended()
    sync.signal(signal.SIGCONT)
    codes = sync.wait(), erasure.wait()
    print(f"{point}: the erasure {'waited' if waited else 'did not wait'}, {codes}", flush=True)
    assert codes[1] == 0, erasure.told
    assert codes[0] == 0, sync.told


SHARE = ("media.list", "summary", "commit sonix_batch_summaries", "log of words", "log of temi_account_balance", "swap")


@pytest.mark.slow
@pytest.mark.parametrize(
    "moments",
    [
        pytest.param([point for point in BESIDE if point.name in SHARE], id="share"),
        pytest.param([point for point in BESIDE if point.name not in SHARE], id="rest", marks=pytest.mark.long),
    ],
)
def test_an_erasure_beside_a_running_sync_leaves_nothing_and_nothing_comes_back(
    tmp_path: Path, moments: list[Point]
) -> None:
    """A sync that had read a list, a summary or a transcript before the erasure wrote it back after."""
    with account_of(tmp_path, moments) as account:
        for number, (point, (provider, recording)) in enumerate(zip(moments, account.targets, strict=True)):
            mark = f"{MARK}{number}x"
            assert places_that_hold(account.home, [mark]), "it was there"
            beside(account, point, provider, recording, mark)
            assert places_that_hold(tmp_path, [mark]) == {}, f"{point}: {provider} {recording}"
            lake = Lake.from_settings(Settings.from_env(account.env))
            for name, table in TABLES.items():
                if name != "forgotten" and lake.open(name) is not None:
                    assert recording not in str(lake.read(table).to_pylist()), f"{point}: {name}"
        account.commands.run(account.env, "reconcile")
        marks = [f"{MARK}{number}x" for number in range(len(moments))]
        assert places_that_hold(tmp_path, marks) == {}, "it came back"
