"""Every read of a sync under every fault: it heals, or it is named, the rest arrives, and the next run has it all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import make_reliability
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.account import sync_account
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.vendors.sonix.tables import SONIX_SUMMARIES, SONIX_TRANSLATIONS

from .observed import observed, record
from .table import ENDS, FAULTS, GONE, MAIN, NAMED, NOT_IN_THE_PLAN, OPERATIONS, PASSING, QUIET, for_ever

CELLS = [(operation, fault) for operation in OPERATIONS for fault in FAULTS]
QUICK = [cell for number, cell in enumerate(CELLS) if number % 23 == 0]
LIMIT_SECONDS = 60


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An account in which every operation of a sync is asked for in every run."""
    with Sandbox(seed=8, sonix=1, temi=1, minutes=(0.2, 0.3), task_seconds=None).running() as running:
        yield running


class Account:
    """One vendor of the sandbox and the lake it is synced into."""

    def __init__(self, sandbox: Sandbox, home: Path, provider: str) -> None:
        self.sandbox, self.vendor = sandbox, VENDORS[provider]
        self.settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        self.lake = Lake.from_settings(self.settings)
        self.folder: str | None = None
        if provider == "sonix":
            client = self.vendor.connect(self.settings)
            self.folder = client.folders.create(name="Council").id

    def open_tasks(self) -> None:
        """Work of Sonix's that is not finished, so that the next run asks for it; what was open before is finished."""
        if self.vendor.name == "sonix":
            for task in self.sandbox.vendors.sonix.tasks:
                self.sandbox.complete_task(task)
            client = self.vendor.connect(self.settings)
            [media] = self.sandbox.add_sonix(folder_id=self.folder, language="en", minutes=0.2)
            client.translations.create(media, language="es")
            wanted = client.summarizations.create(media, prompt="Summarize")
            client.batch_summarizations.create(self.folder, prompt=f"Of {media}?")
            # As the ledger notes them; what it does beside that is another table's affair.
            asked = {"media_id": media, "status": "processing", "created_at": utc_now()}
            translation, summary = asked | {"language": "es"}, asked | {"summarization_id": wanted.id}
            self.lake.put(SONIX_TRANSLATIONS, SONIX_TRANSLATIONS.from_rows([translation]))
            self.lake.put(SONIX_SUMMARIES, SONIX_SUMMARIES.from_rows([summary]))

    def add(self) -> str:
        [recording] = (self.sandbox.add_sonix if self.vendor.name == "sonix" else self.sandbox.add_temi)(minutes=0.2)
        return recording

    def sync(self) -> tuple[list[str], str | None]:
        """What was named, and why the vendor could not be synced to the end."""
        client = self.vendor.client(self.settings, backoff=0.01)
        started = time.monotonic()
        done = sync_account(self.vendor, self.lake, client, Scope(), self.settings)
        assert time.monotonic() - started < LIMIT_SECONDS
        return [*done.problems, *done.missing.values()], done.error

    @property
    def held(self) -> set[str]:
        return {str(id_) for id_ in self.lake.read(TRANSCRIPTS, ["recording_id"])["recording_id"].to_pylist()}

    @property
    def due(self) -> set[str]:
        return {id_ for id_, found in self.sandbox.truth()[self.vendor.name].items() if found["variants"]}


def prove(account: Account, operation: str, fault: str) -> str:
    """Every assertion of a cell; what a run came to under the fault that stays."""
    sandbox = account.sandbox
    account.open_tasks()
    # One that passes.
    new = account.add()
    if fault in PASSING:
        sandbox.faults.fail_next(operation, times=2, **FAULTS[fault])
        named, error = account.sync()
        assert (named, error) == ([], None), "a fault that passes costs nothing"
        assert account.held == account.due
        # A batch that is known and unchanged is not asked for.
        account.open_tasks()
        new = account.add()
    # One that stays.
    other = account.add()
    is_transcript = operation.endswith("transcript.get")
    sandbox.faults.fail_next(operation, times=None, id=new if is_transcript else None, **FAULTS[fault])
    named, error = account.sync()
    seen = ENDS if error else NAMED if named else QUIET if (operation, fault) == NOT_IN_THE_PLAN else GONE
    assert seen == for_ever(operation, fault), (named, error)
    if seen != ENDS:
        assert other in account.held
        assert new in account.held or is_transcript
    elif operation in MAIN.values():
        assert other not in account.held
    sandbox.faults.clear()
    return seen


def prove_healed(account: Account) -> None:
    named, error = account.sync()
    assert (named, error) == ([], None), "the next run has it all"
    assert account.held == account.due


@pytest.mark.parametrize(("operation", "fault"), QUICK)
def test_a_fault_heals_or_is_named_and_the_rest_arrives(
    sandbox: Sandbox, tmp_path: Path, operation: str, fault: str
) -> None:
    """A fault that loses a recording without a word is found months later."""
    account = Account(sandbox, tmp_path / "home", operation.split()[0])
    prove(account, operation, fault)
    prove_healed(account)


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(name, marks=pytest.mark.slow if name.startswith("temi") else [pytest.mark.slow, pytest.mark.long])
        for name in OPERATIONS
    ],
)
def test_every_fault_of_an_operation_heals_or_is_named(sandbox: Sandbox, tmp_path: Path, operation: str) -> None:
    account = Account(sandbox, tmp_path / "home", operation.split()[0])
    seen = {}
    for fault in FAULTS:
        try:
            seen[fault] = prove(account, operation, fault)
            if fault not in PASSING or fault == list(PASSING)[-1]:
                # After the others the first run of the next fault shows it.
                prove_healed(account)
        except AssertionError as error:
            raise AssertionError(f"{operation} x {fault}: {error}") from error
    record(f"table {operation}", seen)


def test_the_page_shows_the_table_that_is_proven() -> None:
    """An operator reads there what to expect."""
    assert make_reliability.PAGE.read_text(encoding="utf-8") == make_reliability.render()
    seen = {(operation, fault) for operation in OPERATIONS for fault in observed().get(f"table {operation}", {})}
    assert seen == set(CELLS), "a cell that no whole run has seen: make test-long with SONITEMI_RECORD=1"
