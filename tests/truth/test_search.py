"""What search() finds: one fold for index and phrase, whole words, and what is there."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sonitemi_pipelines.marts import load_macros
from sonitemi_pipelines.parsing.seeds import sql_folder
from tests.marts.talk import Marts, sonix, turn

from .search_rows import MINIMAL_PAIRS

RECORDINGS = (
    "CREATE TEMP TABLE recordings AS SELECT * FROM (VALUES "
    "('sonix', 'r', 'call', TIMESTAMP '2026-03-01 10:00:00', 'https://v/r', NULL::TIMESTAMP), "
    "('sonix', 'gone', 'old', TIMESTAMP '2026-03-01 11:00:00', 'https://v/gone', TIMESTAMP '2026-03-02 00:00:00')"
    ") t(provider, recording_id, name, created_at, url, deleted_at)"
)


def searchable(*said: tuple[str, str]) -> duckdb.DuckDBPyConnection:
    """A connection on which search() finds what was said in each recording (recording_id, text)."""
    marts = Marts(*(sonix(turn("Ann", 0, 60_000, text), recording_id=name, language=None) for name, text in said))
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


def test_what_is_gone_from_the_vendor_is_found_only_when_asked_for() -> None:
    """A recording that somebody deleted goes on being found."""
    connection = searchable(("r", "pricing model"), ("gone", "pricing model"))
    assert connection.execute("SELECT recording_id FROM search('pricing')").fetchall() == [("r",)]
    everything = connection.execute("SELECT recording_id FROM search('pricing', with_deleted := true)").fetchall()
    assert sorted(everything) == [("gone",), ("r",)]


_IN_ANOTHER_VERSION = """
import json, sys, duckdb
folder, macros, rows = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
connection = duckdb.connect()
for name in ("token_index", "search_passages", "recordings"):
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM '{folder}/{name}.parquet'")
for macro in macros:
    connection.execute(macro)
find = "SELECT match FROM search(?, in_recording := ?)"
print(json.dumps([connection.execute(find, [phrase, f"p{i}"]).fetchall() for i, (_, phrase, _, _) in enumerate(rows)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.2.2", "1.4.0", "1.4.4"])
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
    for name in ("token_index", "search_passages", "recordings"):
        pairs.execute(f"COPY {name} TO '{tmp_path}/{name}.parquet'")
    macros = [(sql_folder() / "macros" / name).read_text(encoding="utf-8") for name in ("fold.sql", "search.sql")]
    asked = [_IN_ANOTHER_VERSION, str(tmp_path), json.dumps(macros), json.dumps(MINIMAL_PAIRS)]
    answer = subprocess.run([python, "-c", *asked], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-500:]
    assert json.loads(answer.stdout) == [[[said]] if found else [] for said, _, found, _ in MINIMAL_PAIRS]
