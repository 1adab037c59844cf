"""A transcript's payload, turns, words and header appear together; a writer that dies leaves no half behind."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TRANSCRIPTS, TURNS, WORDS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts, replace_headers
from tests.parsed import parse_sonix

DAY = dt.date(2026, 3, 1)


def transcript(media_id: str, words: int, *, day: dt.date = DAY, variant: str = "latest") -> Transcript:
    # Two words in the last token, so that no table is empty.
    texts = [*(f" w{n}" for n in range(words - 1)), f" w{words - 1} again"]
    tokens = [{"text": text, "start_time": n, "end_time": n + 0.5} for n, text in enumerate(texts)]
    segment = {"speaker": "Ann", "start_time": 0, "end_time": words, "words": tokens}
    body = json.dumps({"name": media_id, "transcript": [segment]}).encode()
    source = Source("sonix", media_id, variant, day, dt.datetime(2026, 3, 2))
    return parse_sonix(body, source)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "locks").mkdir()
    return Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")


def counts(lake: Lake) -> dict[str, int]:
    """Rows a reader sees."""
    return {table.name: lake.read(table).num_rows for table in (TRANSCRIPTS, TURNS, WORDS, RAW_PAYLOADS)}


def test_a_shorter_revision_leaves_no_ghost_words(lake: Lake) -> None:
    commit_transcripts(lake, [transcript("a", 500), transcript("b", 3)])
    commit_transcripts(lake, [transcript("a", 2)])
    assert counts(lake) == {"transcripts": 2, "turns": 2, "words": 5, "raw_payloads": 3}


def test_variants_and_days_are_replaced_apart(lake: Lake) -> None:
    other_day = dt.date(2026, 3, 2)
    commit_transcripts(
        lake, [transcript("a", 4), transcript("a", 6, variant="translation-es"), transcript("b", 1, day=other_day)]
    )
    commit_transcripts(lake, [transcript("a", 5), transcript("b", 2, day=other_day), transcript("c", 7)])
    assert counts(lake) == {"transcripts": 4, "turns": 4, "words": 20, "raw_payloads": 6}


def test_a_revision_that_comes_back_is_kept_once(lake: Lake) -> None:
    for words in (3, 4, 3):
        commit_transcripts(lake, [transcript("a", words)])
    assert counts(lake) == {"transcripts": 1, "turns": 1, "words": 3, "raw_payloads": 2}


@pytest.mark.parametrize("died_after", ["raw_payloads", "turns", "words"])
@pytest.mark.parametrize("first_batch", [True, False])
def test_a_batch_cut_short_is_invisible_and_undone(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, died_after: str, first_batch: bool
) -> None:
    """A crash between two of the four commits shows readers nothing, and the next batch starts from clean tables."""
    if not first_batch:
        commit_transcripts(lake, [transcript("a", 3)])
    before = counts(lake)
    put = Lake.put

    def dying(self: Lake, table, *rows, **options):
        version = put(self, table, *rows, **options)
        if table.name == died_after:
            raise KeyboardInterrupt
        return version

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "put", dying)
        with pytest.raises(KeyboardInterrupt):
            commit_transcripts(lake, [transcript("lost", 100)])
    assert counts(lake) == before
    commit_transcripts(lake, [transcript("b", 2)])
    after = counts(lake)
    assert after["words"] == before["words"] + 2
    assert after["raw_payloads"] == before["raw_payloads"] + 1
    newest = lake.open("words")
    assert newest is not None
    assert newest.count() == after["words"]


def test_a_moved_header_keeps_its_words(lake: Lake) -> None:
    commit_transcripts(lake, [transcript("a", 3), transcript("b", 4)])
    header = lake.read(TRANSCRIPTS, filters=[("recording_id", "=", "a")])
    moved = header.set_column(header.schema.get_field_index("title"), header.schema.field("title"), [["Another title"]])
    replace_headers(lake, moved)
    assert counts(lake) == {"transcripts": 2, "turns": 2, "words": 7, "raw_payloads": 2}
    titles = {row["recording_id"]: row["title"] for row in lake.read(TRANSCRIPTS).to_pylist()}
    assert titles == {"a": "Another title", "b": "b"}


_WRITER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from tests.lake.test_transcripts import transcript
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
lake = Lake({url!r}, lock_folder=Path({locks!r}))
n = 0
while True:
    commit_transcripts(lake, [transcript(f"m{{n % 7}}", 50 + n % 13), transcript(f"x{{n}}", 20)])
    n += 1
    print(n, flush=True)
"""


def test_kill_9_at_any_moment_leaves_readers_whole_and_the_next_writer_clean(lake: Lake, tmp_path: Path) -> None:
    """Words, turns and payloads always match the headers, however often the writer is killed in the middle."""
    script = _WRITER.format(tests=str(Path(__file__).parents[2]), url=lake.url, locks=str(tmp_path / "locks"))
    for round_number in range(4):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        time.sleep(0.11 * (round_number + 1))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert_whole(lake)
    commit_transcripts(lake, [transcript("m0", 9)])
    assert_whole(lake)
    for name in ("words", "turns", "raw_payloads"):
        newest = lake.open(name)
        assert newest is not None
        assert newest.version() == lake.snapshot([name])[name]


def assert_whole(lake: Lake) -> None:
    headers = lake.read(TRANSCRIPTS).to_pylist()
    words = lake.read(WORDS, ["recording_id", "word_index"]).to_pylist()
    assert len({(row["recording_id"], row["word_index"]) for row in words}) == len(words)
    assert len(words) == sum(row["token_count"] for row in headers)
    assert lake.read(TURNS).num_rows == sum(row["turn_count"] for row in headers)
    payloads = {(row["recording_id"], row["revision"]) for row in lake.read(RAW_PAYLOADS).to_pylist()}
    assert {(row["recording_id"], row["revision"]) for row in headers} <= payloads
