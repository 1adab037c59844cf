"""Mutated payloads, lists, errors and callbacks of both vendors: a valid table or one typed error, at once."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.observed import record

from .mutation import mutated
from .targets import MOST_MB, TARGETS, seeds, timed

SEEDS = seeds()
FOUND = Path(__file__).with_name("found")
"""Inputs that a fuzzer once broke something with, by target."""


def one(name: str, seed: int) -> bool:
    random = Random(seed)
    data = random.choice(SEEDS[name])
    data = data[:1] + mutated(data[1:], random)
    try:
        return timed(TARGETS[name], data)
    except AssertionError as error:
        raise AssertionError(f"{name}, seed {seed}: {error}") from error


@pytest.mark.parametrize("name", TARGETS)
def test_answers_as_they_come_are_taken(name: str) -> None:
    """A target that refuses everything proves nothing."""
    taken = [timed(TARGETS[name], data) for data in SEEDS[name]]
    if name == "errors":
        assert any(taken)
    elif name == "webhooks":
        assert sum(taken) > len(taken) / 2
    else:
        assert all(taken)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**63))
def test_any_mutation_is_a_table_or_one_typed_error(name: str, seed: int) -> None:
    """What nobody thought of would otherwise end a run with a traceback."""
    one(name, seed)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_broke_it_does_not_again(path: Path) -> None:
    timed(TARGETS[path.parent.name], path.read_bytes())


def many(each: int) -> dict[str, object]:
    """`each` mutations of every target; what came of them."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    taken = {name: sum(one(name, seed) for seed in range(each)) for name in TARGETS}
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MOST_MB, f"memory grew by {grown:.0f} MB"
    tried = each * len(TARGETS)
    seconds = round(time.monotonic() - started)
    return {"mutations": tried, "became tables": taken, "memory grew by MB": round(grown), "seconds": seconds}


@pytest.mark.slow
def test_thousands_of_mutations_are_tables_or_typed_errors() -> None:
    print(many(2_500))


@pytest.mark.long
def test_200_000_mutations_are_tables_or_typed_errors() -> None:
    record("mutations", many(50_000))
