"""A lake of many rows and many days: what a huge account costs, and what maintenance makes of small files.

python -m benchmarks.lake account [--media 200000] [--jobs 100000] [--transcripts 2000]
    an account in the sandbox: first sync, one of nothing new, 1,000 changes, three quarters deleted, maintain,
    reconcile
python -m benchmarks.lake days [--recordings 5000] [--days 1000] [--length 200]
    recordings over many days, a commit a day: files and look-ups before maintain and after
python -m benchmarks.lake rows [--rows 1000000]
    a list of so many media merged into its table: the first time, with nothing new, with 1,000 changes
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks import command
from benchmarks.growth import FIRST_DAY, SEEN_AT, conversation
from benchmarks.measure import measured, report, run
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.pipeline.maintain import maintain
from sonitemi_pipelines.pipeline.run import lake_tables
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.lists import merge_list
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA

ROUNDS = 5
CHANGES = 1_000
RUNS = (
    ("sync", "first sync"),
    ("sync", "nothing new"),
    ("sync", "change"),
    ("sync", "delete"),
    ("maintain", "maintain"),
    ("reconcile", "reconcile"),
)
"""A command, and what it is run after."""


def serve(pipe: Connection, media: int, jobs: int, transcripts: int) -> None:
    """The account in a process of its own, told by `pipe` what happens to it."""
    sandbox = Sandbox(seed=1, sonix=0, temi=0, quirks=False, minutes=(0.2, 0.4))
    ids = sandbox.add_sonix(transcripts // 2) + sandbox.add_sonix(media - transcripts // 2, status="failed")
    ids += sandbox.add_temi(transcripts - transcripts // 2)
    ids += sandbox.add_temi(jobs - transcripts + transcripts // 2, status="failed")
    with sandbox.running():
        pipe.send(sandbox.env)
        while (what := pipe.recv()) != "end":
            if what == "change":
                for id_ in ids[-CHANGES:]:
                    sandbox.rename(id_, "Another name")
            elif what == "delete":
                for id_ in ids[transcripts : transcripts + media * 3 // 4]:
                    sandbox.delete(id_)
            counts = sum(sandbox.counts().values())
            sandbox.reset_counts()
            pipe.send(counts)


def account(media: int, jobs: int, transcripts: int) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, media, jobs, transcripts))
    started = time.monotonic()
    server.start()
    env = ours.recv()
    took = time.monotonic() - started
    print(f"{media} media, {jobs} jobs, {transcripts} transcripts, made up in {took:.0f} s")
    print(f"{'run':<22}{'s':>8}{'CPU-s':>8}{'peak MB':>9}{'calls':>9}{'exit':>6}", flush=True)
    worst = 0
    with tempfile.TemporaryDirectory() as home:
        for name, what in RUNS:
            if what in ("change", "delete"):
                started = time.monotonic()
                ours.send(what)
                ours.recv()
                print(f"({what}: at the vendors in {time.monotonic() - started:.0f} s)", flush=True)
            ran = command.run([name, *(["--quiet"] if name != "maintain" else [])], {**env, "SONITEMI_HOME": home})
            worst = max(worst, ran.code)
            ours.send("count")
            print(f"{what:<22}{ran.seconds:>8.1f}{ran.cpu:>8.1f}{ran.peak:>9}{ours.recv():>9}{ran.code:>6}", flush=True)
    ours.send("end")
    server.join()
    raise SystemExit(worst)


def days(recordings: int, number: int, length: int) -> None:
    """One commit for each day, as small as days are."""
    made = {seed: conversation(seed, "r", FIRST_DAY, length) for seed in range(10)}
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_env({"SONITEMI_HOME": home})
        lake = Lake.from_settings(settings)
        each = recordings // number
        started = time.monotonic()
        for nth in range(number):
            day = FIRST_DAY + datetime.timedelta(days=nth)
            commit_transcripts(lake, [_of(made[(nth + i) % 10], f"rec{nth * each + i}", day) for i in range(each)])
        print(f"{recordings} recordings over {number} days committed in {time.monotonic() - started:.0f} s")
        listed = [{"media_id": f"rec{n}", "status": "completed", "day": FIRST_DAY} for n in range(recordings)]
        lake.append(SONIX_MEDIA, SONIX_MEDIA.from_rows(listed))
        before = _measured(lake)
        started = time.monotonic()
        maintain(settings)
        print(f"first maintain, marts and publication within: {time.monotonic() - started:.0f} s")
        started = time.monotonic()
        maintain(settings)
        print(f"second maintain: {time.monotonic() - started:.1f} s")
        after = _measured(lake)
        for name, value in before.items():
            print(f"{name:<28}{value:>10.1f}{after[name]:>10.1f}{value / max(after[name], 1e-9):>8.1f}x")
        names = [table.name for table in lake_tables()]
        files = {name: len(lake.files(name, version)) for name, version in lake.snapshot(names).items()}
        print(
            f"live files in all tables: {sum(files.values())}; most: {sorted(files.items(), key=lambda f: -f[1])[:4]}"
        )


def rows(number: int) -> None:
    """Each merge in a process of its own, as syncs are."""
    print(f"{number} listed rows")
    print(f"{'merge':<22}{'s':>8}{'CPU-s':>8}{'peak MB':>9}{'written':>9}")
    with tempfile.TemporaryDirectory() as home:
        for what, changed in (("the first time", 0), ("nothing new", 0), ("1,000 changed", CHANGES)):
            step = (sys.executable, "-m", "benchmarks.lake", "merge", "--home", home)
            found = run((*step, "--rows", str(number), "--changed", str(changed)))
            figures = f"{found['wall']:>8.1f}{found['cpu']:>8.1f}{found['peak_mb']:>9.0f}{found['written']:>9.0f}"
            print(f"{what:<22}{figures}", flush=True)


def merge(home: str, number: int, changed: int) -> None:
    found: dict[str, float] = {}
    lake = Lake.from_settings(Settings.from_env({"SONITEMI_HOME": home}))
    with measured(found):
        done = merge_list(lake, SONIX_MEDIA, _listed(number, changed), SEEN_AT, complete=True)
    report({**found, "written": done.added + done.changed + done.deleted})


def _listed(number: int, changed: int) -> Iterator[dict[str, Any]]:
    """As a client gives them, one at a time; ids without order, as vendors' are."""
    for nth in range(number):
        created = SEEN_AT - datetime.timedelta(minutes=nth)
        yield {
            "media_id": f"{nth * 2_654_435_761 % 2**32:08x}{nth:07d}",
            "name": f"Conversation {nth} with somebody" + (", renamed" if nth < changed else ""),
            "status": "completed",
            "language": "en",
            "duration_ms": 60_000 + nth % 3_600_000,
            "public_url": f"https://example.org/media/{nth}",
            "created_at": created,
            "folder_name": f"Folder {nth % 50}",
            "day": created.date(),
        }


def _of(template: Any, recording_id: str, day: datetime.date) -> Any:
    """The same conversation under another id and day."""
    from dataclasses import replace

    tables = {}
    for name, rows in vars(template).items():
        if isinstance(rows, pa.Table):
            for column, value in (("recording_id", recording_id), ("day", day)):
                place = rows.schema.get_field_index(column)
                field = rows.schema.field(place)
                rows = rows.set_column(place, field, pa.repeat(pa.scalar(value, field.type), rows.num_rows))
            tables[name] = rows
    return replace(template, **tables)


def _measured(lake: Lake) -> dict[str, float]:
    """Milliseconds of look-ups in the files of `words`, and live files of the transcripts' tables."""
    from sonitemi_pipelines.lake.scan import select_files
    from sonitemi_pipelines.lake.store import PINNED

    found: dict[str, float] = {}
    versions = lake.snapshot([*PINNED, "transcripts"])
    found["files of five tables"] = sum(len(lake.files(name, version)) for name, version in versions.items())
    with duckdb.connect() as connection:
        words = select_files(TABLES["words"], lake.files("words", versions["words"]))
        connection.execute(f"CREATE VIEW words AS {words}")
        queries = {
            "one recording's words, ms": "SELECT count(*), max(text) FROM words WHERE recording_id = 'rec1234'",
            "one day's words, ms": "SELECT count(*), max(text) FROM words WHERE day = DATE '2021-03-01'",
            "one token's places, ms": "SELECT recording_id, word_index FROM words WHERE text = 'word77'",
            "all words counted, ms": "SELECT sum(word_count) FROM words",
        }
        for name, query in queries.items():
            found[name] = _median(lambda query=query: connection.execute(query).fetchall())  # type: ignore[misc]
    return found


def _median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["account", "days", "rows", "merge"])
    for name, default in (("media", 200_000), ("jobs", 100_000), ("transcripts", 2_000), ("recordings", 5_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--days", type=int, default=1_000)
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changed", type=int, default=0)
    parser.add_argument("--home", default="")
    options = parser.parse_args()
    if options.what == "account":
        account(options.media, options.jobs, options.transcripts)
    elif options.what == "rows":
        rows(options.rows)
    elif options.what == "merge":
        merge(options.home, options.rows, options.changed)
    else:
        days(options.recordings, options.days, options.length)


if __name__ == "__main__":
    main()
