"""The numbers that an analyst reads, committed, computed and published as by a sync, are computed a second time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse
from tests.marts.talk import STEPS, Marts, sonix, turn

from .account import account, made
from .second.known import OF_TRANSCRIPT, Known
from .test_every_mart import alike

pytestmark = pytest.mark.slow
MARTS = [*OF_TRANSCRIPT, "keyness", "corpus_terms"]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Known]]:
    """A published warehouse of hard and extreme conversations, three edited since, and what is known of them."""
    home = tmp_path_factory.mktemp("home")
    transcripts = account(24, home).transcripts
    settings = Settings.from_env({"SONITEMI_HOME": str(home)})
    lake = Lake.from_settings(settings)
    # What was there before an edit must not go on being counted.
    said = turn("Eve", 0, 9000, "um what was said before?")
    before = [sonix(said, recording_id=name, day=made(name).date()) for name in ("rec000", "rec001", "rec002")]
    for part in (before, transcripts):
        commit_transcripts(lake, part)
        refresh(lake, settings=settings)
        publish_warehouse(lake, settings)
    operations = sorted(Marts(*transcripts).rows("edit_operations"), key=lambda row: row["operation_index"])
    with open_warehouse(settings.warehouse) as connection:
        yield connection, Known(transcripts, {}, operations)


@pytest.mark.parametrize("mart", MARTS)
def test_the_warehouse_holds_what_a_second_computation_finds(read: tuple[Any, Known], mart: str) -> None:
    """What an analyst reads is not what was computed: a view, a type or a row that an edit left behind."""
    connection, known = read
    names = [c.name for c in STEPS[mart].columns if mart not in OF_TRANSCRIPT or c.name not in ("low_quality", "day")]
    cursor = connection.execute(f'SELECT {", ".join(names)} FROM "{mart}"')
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    expected = [{name: row[name] for name in names} for row in known.second(mart)]
    order = list(STEPS[mart].key)
    found, expected = (sorted(rows, key=lambda row: [str(row[name]) for name in order]) for rows in (found, expected))
    assert len(found) == len(expected)
    assert [(a, b) for a, b in zip(found, expected, strict=True) if not alike(a, b)][:3] == []
