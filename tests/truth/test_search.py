"""What search() finds: one fold for index and phrase, whole words, and what is there."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from sonitemi_pipelines.marts import load_macros
from sonitemi_pipelines.marts.model import load_steps
from sonitemi_pipelines.marts.trackers import SCHEMA as TRACKER_COLUMNS
from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.warehouse.publish import STORAGE_VERSION
from tests.marts.talk import Marts, Word, sonix, turn

from .search_rows import MINIMAL_PAIRS

RECORDINGS = (
    "CREATE TEMP TABLE recordings AS SELECT * FROM (VALUES "
    "('sonix', 'r', 'call', TIMESTAMP '2026-03-01 10:00:00', 'https://v/r', NULL::TIMESTAMP), "
    "('sonix', 'gone', 'old', TIMESTAMP '2026-03-01 11:00:00', 'https://v/gone', TIMESTAMP '2026-03-02 00:00:00')"
    ") t(provider, recording_id, name, created_at, url, deleted_at)"
)


def searchable(*said: tuple[str, str]) -> duckdb.DuckDBPyConnection:
    """A connection on which search() finds what was said in each recording (recording_id, text)."""
    return ready(Marts(*(sonix(turn("Ann", 0, 60_000, text), recording_id=name, language=None) for name, text in said)))


def ready(marts: Marts) -> duckdb.DuckDBPyConnection:
    """The connection of marts, with search()."""
    for name in ("token_index", "search_passages"):
        marts.table(name)
    marts.connection.execute(RECORDINGS)
    marts.connection.execute("CREATE TEMP TABLE backlog (created_at TIMESTAMP)")
    for macro in load_macros():
        marts.connection.execute(macro)
    return marts.connection


@pytest.fixture(scope="module")
def pairs() -> duckdb.DuckDBPyConnection:
    return searchable(*((f"p{i}", said) for i, (said, *_) in enumerate(MINIMAL_PAIRS)))


@pytest.mark.parametrize("i", range(len(MINIMAL_PAIRS)), ids=[row[3] for row in MINIMAL_PAIRS])
def test_minimal_pairs(pairs: duckdb.DuckDBPyConnection, i: int) -> None:
    """Search mixes up words of one script, or misses those of another for their accents."""
    said, phrase, found, why = MINIMAL_PAIRS[i]
    hits = pairs.execute("SELECT match FROM search(?, in_recording := ?)", [phrase, f"p{i}"]).fetchall()
    assert bool(hits) == found, why
    if found:
        assert hits == [(said,)]


@pytest.mark.parametrize(
    ("said", "phrase", "before", "match", "after"),
    [
        ("a well-known fact", "known", "a", "well-known", "fact"),
        ("a well-known fact", "well known", "a", "well-known", "fact"),
        ("my mother-in-law came home", "law came", "my", "mother-in-law came", "home"),
        ("he said re-open it", "said re", "he", "said re-open", "it"),
        ("ich mag とんかつ sehr", "かつ", "ich mag", "とんかつ", "sehr"),
        ("one " * 63 + "well-known fact", "known", " ".join(["one"] * 7), "well-known", "fact"),
    ],
)
def test_a_hit_within_a_word_shows_the_whole_word(said: str, phrase: str, before: str, match: str, after: str) -> None:
    """A hit in a compound shows nothing, or a word twice."""
    row = searchable(("r", said)).execute("SELECT before, match, after FROM search(?)", [phrase]).fetchall()
    assert row == [(before, match, after)]


@pytest.mark.parametrize(
    "starts",
    [
        [10 * n for n in range(150)],
        [10 * n + n % 3 for n in range(150)],
        [None if n % 7 == 0 else 7_000_000 + 10 * n + (n == 100) for n in range(150)],
        [None] * 150,
    ],
    ids=["hundredths", "odd", "some untimed, one odd, late", "untimed"],
)
def test_a_hit_starts_when_its_first_word_does(starts: list[int | None]) -> None:
    """A link into the media leads beside the place: passages count starts in units of their own."""
    said: list[Word] = [(f" w{n}", start, None if start is None else start + 5) for n, start in enumerate(starts)]
    marts = Marts(sonix(turn("Ann", 0, 9_000_000, said), recording_id="r", language=None))
    connection = ready(marts)
    for n in (0, 1, 5, 63, 64, 100, 127, 128, 148):
        phrase = f"w{n} w{n + 1}"
        assert connection.execute("SELECT start_ms FROM search(?)", [phrase]).fetchall() == [(starts[n],)]


@pytest.mark.parametrize("phrase", ["pricing", "pricing model", "pric*", "割引", "modèle"])
def test_what_is_gone_from_the_vendor_is_found_only_when_asked_for(phrase: str) -> None:
    """A recording that somebody deleted goes on being found."""
    said = "pricing model 割引 modèle"
    connection = searchable(("r", said), ("gone", said))
    assert connection.execute("SELECT recording_id FROM search(?)", [phrase]).fetchall() == [("r",)]
    assert connection.execute("SELECT * FROM search(?, in_recording := 'gone')", [phrase]).fetchall() == []
    everything = connection.execute("SELECT recording_id FROM search(?, with_deleted := true)", [phrase]).fetchall()
    assert sorted(everything) == [("gone",), ("r",)]


_IN_ANOTHER_VERSION = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
find = "SELECT match FROM search(?, in_recording := ?)"
rows = json.loads(sys.argv[2])
found = [connection.execute(find, [phrase, f"p{i}"]).fetchall() for i, (_, phrase, _, _) in enumerate(rows)]
tracked = connection.execute("SELECT recording_id, match, context FROM tracker_hits ORDER BY ALL").fetchall()
print(json.dumps([found, tracked]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.2.2", "1.4.0", "1.4.1", "1.4.4"])
def test_search_works_in_every_duckdb_from_1_2(pairs: Any, tmp_path: Path, version: str) -> None:
    """An analyst with an older DuckDB cannot search, or finds something else."""
    uv = shutil.which("uv")
    python = tmp_path / "venv" / "bin" / "python"
    if uv is None:
        pytest.skip("uv, which installs another DuckDB, is not here")
    made = subprocess.run([uv, "venv", "-q", tmp_path / "venv"], capture_output=True, text=True, check=False)
    done = subprocess.run(
        [uv, "pip", "install", "-q", "--python", python, f"duckdb=={version}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode or done.returncode:
        pytest.skip(f"duckdb {version} cannot be installed here: {done.stderr[-200:]}")
    path = tmp_path / "warehouse.duckdb"
    pairs.execute(f"ATTACH '{path}' AS written (STORAGE_VERSION '{STORAGE_VERSION}')")
    pairs.execute("CREATE TABLE written.recordings AS FROM temp.recordings")
    for name in ("token_index", "search_passages"):
        # Views of files, as a published warehouse has them.
        pairs.execute(f"COPY (FROM temp.{name} ORDER BY ALL) TO '{tmp_path}/{name}.parquet' (FORMAT parquet)")
        pairs.execute(f"CREATE VIEW written.{name} AS SELECT * FROM read_parquet(['{tmp_path}/{name}.parquet'])")
    rows = [{"category": "", "tracker": "t", "phrase": "cafe", "words": 1, "nth": 0, "token": "cafe"}]
    pairs.register("tracked", pa.Table.from_pylist(rows, schema=TRACKER_COLUMNS))
    pairs.execute("CREATE TABLE written.trackers AS FROM tracked")
    pairs.unregister("tracked")
    pairs.execute("USE written")
    pairs.execute(f"CREATE VIEW tracker_hits AS {load_steps()['tracker_hits'].sql}")
    for name in ("fold.sql", "search.sql"):
        pairs.execute((sql_folder() / "macros" / name).read_text(encoding="utf-8"))
    pairs.execute("USE memory")
    pairs.execute("DETACH written")
    asked = [_IN_ANOTHER_VERSION, str(path), json.dumps(MINIMAL_PAIRS)]
    answer = subprocess.run([python, "-c", *asked], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-500:]
    found, tracked = json.loads(answer.stdout)
    assert found == [[[said]] if is_found else [] for said, _, is_found, _ in MINIMAL_PAIRS]
    assert sorted(match for _, match, _ in tracked) == ["Café", "cafe"]
