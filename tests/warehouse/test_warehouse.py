"""The file analysts open: always there, always whole, equal to the lake, never in anybody's way."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import venv
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.errors import WarehouseError
from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.lake.schemas import DAY, RECORDING_ID, TABLES, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.vendors.sonix.tables import SONIX_USERS
from sonitemi_pipelines.warehouse import open_warehouse, tables
from sonitemi_pipelines.warehouse.publish import check_replaceable, publish
from tests.parsed import parse_sonix

WORDS_EACH = 40


def transcript(media_id: str, marker: str) -> Transcript:
    """A transcript whose every word says which publication it belongs to."""
    tokens = [{"text": f" {marker}", "start_time": n, "end_time": n + 0.5} for n in range(WORDS_EACH)]
    body = json.dumps({"name": marker, "transcript": [{"speaker": "Ann", "words": tokens}]}).encode()
    return parse_sonix(body, Source("sonix", media_id, "latest", dt.date(2026, 3, 1), dt.datetime(2026, 3, 2)))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "locks").mkdir()
    return Lake(str(tmp_path / "lake"), lock_folder=tmp_path / "locks")


def _read_without_end(path: str, stop: Event, results: multiprocessing.Queue[str]) -> None:
    reads = 0
    while not stop.is_set():
        try:
            with duckdb.connect(path, read_only=True) as connection:
                headers = connection.execute(
                    "SELECT count(*), count(DISTINCT title), min(title) FROM transcripts"
                ).fetchall()
                words = connection.execute("SELECT count(*), count(DISTINCT text), min(text) FROM words").fetchall()
                turns = connection.execute("SELECT sum(word_count) FROM turns").fetchall()
        except Exception as error:
            results.put(f"{type(error).__name__}: {error}")
            return
        (transcripts, titles, title), (tokens, texts, text), [(spoken,)] = headers[0], words[0], turns
        if (titles, texts) != (1, 1) or title != text or tokens != transcripts * WORDS_EACH or spoken != tokens:
            results.put(f"half: {headers} {words} {turns}")
            return
        reads += 1
    results.put(f"ok {reads}")


@pytest.mark.slow
def test_readers_never_err_and_never_see_half_while_it_is_republished(lake: Lake, tmp_path: Path) -> None:
    """Each publication replaces every word; two readers open the file all the while."""
    path = tmp_path / "warehouse.duckdb"
    ids = [f"m{n}" for n in range(5)]
    commit_transcripts(lake, [transcript(id_, "round-0") for id_ in ids])
    publish(lake, path, TABLES.values())
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    readers = [context.Process(target=_read_without_end, args=(str(path), stop, results)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 16):
        commit_transcripts(lake, [transcript(id_, f"round-{number}") for id_ in ids])
        publish(lake, path, TABLES.values())
    stop.set()
    said = [results.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    assert all(line.startswith("ok ") and int(line.split()[1]) > 3 for line in said), said


@pytest.mark.slow
def test_a_publication_changes_only_what_differs_and_equals_a_fresh_one(lake: Lake, tmp_path: Path) -> None:
    path, fresh = tmp_path / "warehouse.duckdb", tmp_path / "fresh.duckdb"
    for number in range(40):
        commit_transcripts(lake, [transcript(f"m{number}-{n}", "first") for n in range(40)])
    assert set(publish(lake, path, TABLES.values()).changed) == set(TABLES)
    assert publish(lake, path, TABLES.values()).changed == ()
    commit_transcripts(lake, [transcript("m3-1", "second"), transcript("new", "second")])
    lake.append(SONIX_USERS, SONIX_USERS.from_rows([{"user_id": "u"}]))
    assert set(publish(lake, path, TABLES.values()).changed) == {
        "transcripts",
        "turns",
        "words",
        "raw_payloads",
        "sonix_users",
    }
    publish(lake, fresh, TABLES.values())
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS a (READ_ONLY); ATTACH '{fresh}' AS b (READ_ONLY)")
        for name in TABLES:
            for one, other in (("a", "b"), ("b", "a")):
                difference = f"SELECT count(*) FROM (FROM {one}.{name} EXCEPT ALL FROM {other}.{name})"
                assert connection.execute(difference).fetchall() == [(0,)], name


def test_a_publication_of_nothing_new_leaves_the_file_alone(lake: Lake, tmp_path: Path) -> None:
    """An hourly run that finds nothing must not copy gigabytes, nor take the file from under a tool that watches it."""
    path = tmp_path / "warehouse.duckdb"
    commit_transcripts(lake, [transcript("a", "x")])
    macros = ["CREATE OR REPLACE MACRO one() AS 1"]
    first = publish(lake, path, TABLES.values(), macros)
    before = path.stat()
    again = publish(lake, path, TABLES.values(), macros)
    assert (again.changed, again.rows) == ((), first.rows)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    publish(lake, path, TABLES.values(), ["CREATE OR REPLACE MACRO one() AS 2"])
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT one()").fetchall() == [(2,)], "a macro that changed is published by itself"
    inode = path.stat().st_ino
    publish(lake, path, TABLES.values(), afresh=True)
    assert path.stat().st_ino != inode


def test_a_lake_that_was_moved_or_begun_anew_is_published_whole(tmp_path: Path) -> None:
    """Its versions are numbers that the warehouse has seen before, of files that are somewhere else."""
    path = tmp_path / "warehouse.duckdb"
    old = Lake(str(tmp_path / "old"))
    commit_transcripts(old, [transcript("a", "old")])
    publish(old, path, TABLES.values())
    os.rename(tmp_path / "old", tmp_path / "moved")
    publish(Lake(str(tmp_path / "moved")), path, TABLES.values())
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT DISTINCT text FROM words").fetchall() == [("old",)]
    new = Lake(str(tmp_path / "new"))
    commit_transcripts(new, [transcript("b", "new")])
    publish(new, path, TABLES.values())
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT recording_id FROM transcripts").fetchall() == [("b",)]
        assert connection.execute("SELECT DISTINCT text FROM words").fetchall() == [("new",)]


def test_a_lake_restored_from_a_backup_is_shown_as_it_is(lake: Lake, tmp_path: Path) -> None:
    """Its versions are those of a history that went another way; a warehouse ahead of it must not win."""
    path = tmp_path / "warehouse.duckdb"
    commit_transcripts(lake, [transcript("a", "old")])
    shutil.copytree(tmp_path / "lake", tmp_path / "backup")
    commit_transcripts(lake, [transcript("b", "lost")])
    publish(lake, path, TABLES.values())
    shutil.rmtree(tmp_path / "lake")
    (tmp_path / "backup").rename(tmp_path / "lake")
    restored = Lake(lake.url, lock_folder=tmp_path / "locks")
    publish(restored, path, TABLES.values())
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT recording_id FROM transcripts").fetchall() == [("a",)]
    commit_transcripts(restored, [transcript("c", "new")])
    publish(restored, path, TABLES.values())
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT recording_id FROM transcripts ORDER BY ALL").fetchall() == [("a",), ("c",)]
        assert connection.execute("SELECT DISTINCT text FROM words ORDER BY ALL").fetchall() == [("new",), ("old",)]


def _publish_often(url: str, path: str, results: multiprocessing.Queue[str]) -> None:
    try:
        for number in range(6):
            publish(Lake(url), Path(path), TABLES.values(), afresh=number % 2 == 0)
    except Exception as error:
        results.put(f"{type(error).__name__}: {error}")
        return
    results.put("ok")


def test_a_table_that_became_large_is_a_view_and_leaves_no_room_behind(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every publication writes what the file holds: that must not grow with the account, nor keep what it once held."""
    path = tmp_path / "warehouse.duckdb"
    rows = [{"user_id": f"{n}", "email": f"{n * 7919 % 100_003}@example.org"} for n in range(30_000)]
    lake.append(SONIX_USERS, SONIX_USERS.from_rows(rows))
    assert publish(lake, path, TABLES.values()).rows["sonix_users"] == 30_000
    held = path.stat().st_size
    monkeypatch.setattr(tables, "MOST_HELD", {True: 50_000, False: 50_000})
    lake.put(SONIX_USERS, SONIX_USERS.from_rows([{"user_id": "7", "email": "new@example.org"}]))
    assert "sonix_users" not in publish(lake, path, TABLES.values()).rows
    assert path.stat().st_size < held
    publish(lake, tmp_path / "alone.duckdb", TABLES.values(), self_contained=True)
    for published, kind in ((path, "VIEW"), (tmp_path / "alone.duckdb", "BASE TABLE")):
        with open_warehouse(published) as connection:
            query = "SELECT count(*), min(email) FILTER (user_id = '7') FROM sonix_users"
            assert connection.execute(query).fetchall() == [(30_000, "new@example.org")]
            query = "SELECT table_type FROM information_schema.tables WHERE table_name = 'sonix_users'"
            assert connection.execute(query).fetchall() == [(kind,)]


def test_a_table_with_a_row_for_each_of_many_recordings_is_a_view(lake: Lake, tmp_path: Path) -> None:
    """A change of one recording would write the rows of all of them anew, however little room they take."""
    scores = Table("scores", "", ("recording_id",), (RECORDING_ID, DAY), grows=True, sort_by=("recording_id",))
    day = dt.date(2026, 1, 1)
    for number, held in ((tables.MOST_ROWS, True), (1, False)):
        lake.append(scores, scores.from_rows({"recording_id": f"{held}-{n}", "day": day} for n in range(number)))
        assert ("scores" in publish(lake, tmp_path / "warehouse.duckdb", [scores]).rows) is held


def test_two_publishers_of_a_lake_without_locks_take_turns(tmp_path: Path) -> None:
    """Where the lake is in a bucket its locks are none, and the warehouse is a local file all the same."""
    url = str(tmp_path / "lake")
    commit_transcripts(Lake(url), [transcript("a", "x")])
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    args = (url, str(tmp_path / "warehouse.duckdb"), results)
    publishers = [context.Process(target=_publish_often, args=args) for _ in range(2)]
    for publisher in publishers:
        publisher.start()
    assert [results.get(timeout=60) for _ in publishers] == ["ok", "ok"]
    for publisher in publishers:
        publisher.join()


def test_what_the_operator_set_and_what_is_shown_no_more(lake: Lake, tmp_path: Path) -> None:
    """The file's rights stay as somebody set them; a table that this release has no more goes."""
    path = tmp_path / "warehouse.duckdb"
    commit_transcripts(lake, [transcript("a", "x")])
    publish(lake, path, TABLES.values())
    path.chmod(0o600)
    publish(lake, path, [table for table in TABLES.values() if table is not SONIX_USERS])
    assert path.stat().st_mode & 0o777 == 0o600
    with open_warehouse(path) as connection:
        names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert "sonix_media" in names
    assert SONIX_USERS.name not in names


def test_a_mart_in_the_middle_of_its_rebuild_stays_as_it_was_shown(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    commit_transcripts(lake, [transcript("a", "x")])
    publish(lake, path, TABLES.values())
    commit_transcripts(lake, [transcript("b", "x")])
    publish(lake, path, TABLES.values(), keep=["transcripts"])
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT recording_id FROM transcripts").fetchall() == [("a",)]
        assert connection.execute("SELECT count(DISTINCT recording_id) FROM words").fetchall() == [(2,)]


def test_it_opens_from_any_folder_and_holds_descriptions(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_transcripts(lake, [transcript("a", "x")])
    publish(lake, tmp_path / "warehouse.duckdb", TABLES.values())
    monkeypatch.chdir("/")
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        assert connection.execute("SELECT count(*) FROM words").fetchall() == [(WORDS_EACH,)]
        comment = (
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'sonix_media' AND column_name = 'duration_ms'"
        )
        assert connection.execute(comment).fetchall() == [("length of the media [ms]",)]


def test_empty_tables_are_there_before_anything_arrived(lake: Lake, tmp_path: Path) -> None:
    publish(lake, tmp_path / "warehouse.duckdb", TABLES.values())
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        for name in TABLES:
            assert connection.execute(f"SELECT count(*) FROM {name}").fetchall() == [(0,)]


def test_what_is_not_a_warehouse_is_left_alone_with_a_way_out(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 5000)
    with pytest.raises(WarehouseError, match=r"corrupt.*delete it"):
        publish(lake, path, TABLES.values())
    with pytest.raises(WarehouseError, match="cannot open"):
        open_warehouse(path)
    with pytest.raises(WarehouseError, match="no warehouse"):
        open_warehouse(tmp_path / "none.duckdb")
    with pytest.raises(WarehouseError, match="SONITEMI_WAREHOUSE"):
        check_replaceable(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_somebody_who_holds_the_old_file_open_keeps_it(lake: Lake, tmp_path: Path) -> None:
    """An analyst's long session goes on with what it opened; a new one sees the news."""
    path = tmp_path / "warehouse.duckdb"
    commit_transcripts(lake, [transcript("a", "old")])
    publish(lake, path, TABLES.values())
    script = (
        "import duckdb,sys; c=duckdb.connect(sys.argv[1]); print('open',flush=True); input();"
        "print(c.execute('SELECT DISTINCT text FROM words').fetchall())"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    commit_transcripts(lake, [transcript("a", "new")])
    publish(lake, path, TABLES.values())
    with open_warehouse(path) as connection:
        assert connection.execute("SELECT DISTINCT text FROM words").fetchall() == [("new",)]
    out, _ = holder.communicate("\n", timeout=30)
    assert out.strip() == "[('old',)]"
    assert holder.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.2.2", "1.4.4"])
def test_older_duckdb_reads_it(lake: Lake, tmp_path: Path, version: str) -> None:
    """An analyst's tool with DuckDB 1.2 opens the file, after incremental publications too."""
    path = tmp_path / "warehouse.duckdb"
    for number in range(3):
        commit_transcripts(lake, [transcript(f"a{number}", "x")])
        publish(lake, path, TABLES.values())
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", f"duckdb=={version}"], check=True)
    script = "import duckdb,sys; c=duckdb.connect(sys.argv[1],read_only=True); print(c.execute(sys.argv[2]).fetchall())"
    sql = "SELECT (SELECT count(*) FROM words), (SELECT count(*) FROM transcripts), (SELECT count(*) FROM temi_jobs)"
    done = subprocess.run(
        [python, "-c", script, str(path), sql], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout.strip() == f"[({3 * WORDS_EACH}, 3, 0)]"
