"""Neighbour or damage x command: it heals to the truth, or is told in a line or two; never exit 0 with less."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from docs import make_reliability
from sonitemi_pipelines.sandbox import Sandbox
from tests.faults.observed import observed, record
from tests.harm.harms import EVERY, NEIGHBOURS
from tests.harm.home import COMMANDS, TOLD, TRUE, Home, prove

QUICK = {
    "OPTIMIZE, VACUUM at 0": {"query": TOLD, "sync": TRUE},
    "words: data file zeroed": {"query": TOLD, "export": TOLD},
    "sonix_media: folder lost": {"sync": TOLD},
}
SLOW = list(EVERY)[1::6]
_CHEAP = ("doctor", "query", "export", "report", "sync")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with Sandbox(seed=5, sonix=1, temi=1, quirks=False, minutes=(0.1, 0.2)).running() as sandbox:
        yield Home(sandbox, tmp_path_factory.mktemp("harm"))


@pytest.mark.parametrize("name", QUICK)
def test_what_others_did_heals_or_is_told(home: Home, name: str) -> None:
    home.start_again()
    EVERY[name](home.path)
    assert {command: home.outcome(command) for command in QUICK[name]} == QUICK[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_what_others_did_heals_or_is_told_and_mended(home: Home, name: str) -> None:
    prove(home, EVERY[name], _CHEAP)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", EVERY)
def test_every_command_heals_what_others_did_or_tells_it(home: Home, name: str) -> None:
    seen = prove(home, EVERY[name])
    if name in NEIGHBOURS and "deletion" not in name and "mapping" not in name:
        assert seen["sync"] == TRUE, "what changes no row stops nobody"
    record(f"harm {name}", seen)


def test_the_page_shows_every_cell() -> None:
    """An operator reads there what a message is followed by."""
    assert make_reliability.PAGE.read_text(encoding="utf-8") == make_reliability.render()
    seen = {name.removeprefix("harm "): found for name, found in observed().items() if name.startswith("harm ")}
    assert seen.keys() == EVERY.keys(), "a row that no whole run has seen: make test-long with SONITEMI_RECORD=1"
    assert all(found.keys() == {*COMMANDS, "mended by"} for found in seen.values())
