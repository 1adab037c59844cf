"""What an analyst does in the published warehouse: search, and the questions of sql/examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts import load_macros, load_marts, load_views, view_select
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA
from sonitemi_pipelines.vendors.temi.tables import TEMI_ACCOUNT_BALANCE, TEMI_JOBS
from sonitemi_pipelines.warehouse.publish import publish

from .generated import conversation
from .talk import sonix, temi, turn, words
from .test_corpus import NOON, balances, job, media

EXAMPLES = sorted((sql_folder() / "examples").glob("*.sql"))
FILLING = " ".join(f"word{i}" for i in range(150))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A published warehouse of a few conversations whose text the tests know."""
    home = tmp_path_factory.mktemp("home")
    (home / "locks").mkdir()
    lake = Lake(str(home / "lake"), lock_folder=home / "locks")
    struck = turn("Ann", 8000, 9000, "very pricing odd model")
    struck["words"][2]["strikethrough"] = True
    commit_transcripts(
        lake,
        [
            sonix(
                turn("Ann", 0, 4000, "Hello, I'd like the Pricing"),
                turn("Bob", 5000, 8000, "model? Señor Café said"),
                struck,
                recording_id="m1",
            ),
            sonix(turn("Ann", 0, 300_000, f"{FILLING} pricing model {FILLING}"), recording_id="m2"),
            sonix(
                turn("A", 0, 1000, [("価格モデル", 0, 500), ("は高い", 500, 1000)]), recording_id="m3", language="ja"
            ),
            temi(("Ann", words("the well-known prices", 0, 3000))),
            temi(("Ann", words("the well known price", 0, 3000)), variant="machine"),
            *(conversation(seed) for seed in range(3)),
        ],
    )
    names = ["m1", "m2", "m3", "rec0", "rec1", "rec2"]
    lake.append(
        SONIX_MEDIA,
        SONIX_MEDIA.from_rows(
            [media(name, "completed", name=name, public_url=f"https://vendor/{name}") for name in names]
        ),
    )
    lake.append(TEMI_JOBS, TEMI_JOBS.from_rows([job("job1", "transcribed", name="call"), job("job2", "in_progress")]))
    lake.append(TEMI_ACCOUNT_BALANCE, TEMI_ACCOUNT_BALANCE.from_rows(balances((1, "10.00"), (2, "9.00"))))
    refresh(lake)
    path = home / "warehouse.duckdb"
    views = {mart.table: view_select(mart) for mart in load_views().values()}
    publish(lake, path, [*TABLES.values(), *(mart.table for mart in load_marts().values())], load_macros(), views)
    connection = duckdb.connect(str(path), read_only=True)
    yield connection
    connection.close()


def hits(warehouse: Any, call: str, columns: str = "recording_id, speaker, start_ms, match") -> list[tuple[Any, ...]]:
    return sorted(warehouse.execute(f"SELECT {columns} FROM search({call})").fetchall())


def test_phrase_across_turns_whatever_its_case(warehouse: Any) -> None:
    """A phrase that begins in one turn and ends in the next is not found, or struck words stand in its way."""
    assert hits(warehouse, "'PRICING model'") == [
        ("m1", "Ann", 3200, "Pricing model?"),
        ("m1", "Ann", 8250, "pricing model"),
        ("m2", "Ann", 300_000 * 150 // 302, "pricing model"),
    ]


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("'senor cafe'", [("m1", "Señor Café")]),
        ("'SEÑOR'", [("m1", "Señor")]),
        ("'id like'", [("m1", "I'd like")]),
        ("'i’d like'", [("m1", "I'd like")]),
        ("'well known pric*'", [("job1", "well-known prices")]),
        ("'odd'", []),
        ("'價格'", []),
        ("'価格モデルは'", [("m3", "価格モデル は高い")]),
        ("'zebra'", []),
        ("''", []),
        ("'?!'", []),
        ("'*'", []),
    ],
)
def test_what_a_phrase_finds(warehouse: Any, phrase: str, found: list[tuple[str, str]]) -> None:
    """Accents, apostrophes, hyphens, scripts without spaces or an empty phrase find nothing or too much."""
    assert hits(warehouse, phrase, "recording_id, match") == found


def test_phrase_that_begins_inside_a_token(warehouse: Any) -> None:
    """A phrase in a script without spaces is found only where the vendor happened to cut."""
    assert hits(warehouse, "'モデルは'", "recording_id, start_ms") == [("m3", 0)]


def test_words_around_cross_passages(warehouse: Any) -> None:
    """The words shown before and after are cut off at an inner boundary of the index."""
    (row,) = hits(warehouse, "'pricing model', in_recording := 'm2', around := 60", "before, after")
    assert row[0] == " ".join(f"word{i}" for i in range(90, 150))
    assert row[1] == " ".join(f"word{i}" for i in range(60))


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ("in_provider := 'temi'", 0),
        ("in_provider := 'sonix'", 3),
        ("by_speaker := 'Bob'", 0),
        ("since := TIMESTAMP '2026-03-01 12:00:00'", 3),
        ("until := TIMESTAMP '2026-03-01 12:00:00'", 0),
        ("in_variant := 'machine'", 0),
        ("in_variant := NULL", 3),
    ],
)
def test_filters(warehouse: Any, filters: str, count: int) -> None:
    """A filter is ignored, or takes away what it should keep."""
    assert len(hits(warehouse, f"'pricing model', {filters}")) == count


def test_link_leads_to_the_spot(warehouse: Any) -> None:
    """The link of a hit opens the recording at its start."""
    assert hits(warehouse, "'hello'", "url, created_at") == [("https://vendor/m1#t=0", NOON)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(warehouse: Any, path: Path) -> None:
    """A question from the documentation ends in an error."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    assert text.splitlines()[0].endswith("?")
    assert warehouse.execute(text).description


def test_there_are_over_twenty_examples_and_most_have_an_answer(warehouse: Any) -> None:
    """The examples run on empty results and show nobody how."""
    answered = [path.stem for path in EXAMPLES if warehouse.execute(path.read_text()).fetchall()]
    assert len(EXAMPLES) >= 20
    assert len(answered) >= 15, sorted({path.stem for path in EXAMPLES} - set(answered))
