"""Marts of grain corpus: computed again when what they read has a new version, written when the answer differs."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.parquet import sort
from sonitemi_pipelines.lake.scan import create_view, identifier
from sonitemi_pipelines.lake.schemas import MART_FAILURES, TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.aside import Aside, known, remember
from sonitemi_pipelines.marts.compute import MEMORY_LIMIT, MartResult, connect, drop, put, result, step
from sonitemi_pipelines.marts.model import Mart
from sonitemi_pipelines.marts.seeds import run_inputs
from sonitemi_pipelines.progress import Progress
from sonitemi_pipelines.settings import Settings

log = logging.getLogger(__name__)


def refresh_corpus_marts(
    lake: Lake,
    steps: dict[str, Mart],
    wanted: list[str],
    snapshot: dict[str, int],
    progress: Progress,
    folder: Path | None,
    settings: Settings | None,
    *,
    afresh: bool = False,
) -> dict[str, MartResult]:
    """Bring the corpus marts among `wanted` up to `snapshot`; puts their new versions into it.

    One that cannot be computed keeps what it holds, nothing at first, and is named in `mart_failures`.
    """
    corpus = [steps[name] for name in wanted if not steps[name].is_transcript_grain]
    # No stored mart reads a file of the user's: a mistake in one is told where its views are made.
    inputs = run_inputs(settings, unreadable=[])
    given = hashlib.sha256(repr([rows.to_pylist() for rows in inputs.values()]).encode()).hexdigest()
    results: dict[str, MartResult] = {}
    failed: list[Aside] = []
    with connect(folder, memory_limit=MEMORY_LIMIT) as connection:
        for name, table_rows in inputs.items():
            put(connection, name, table_rows)
        ready: set[str] = set()
        for number, mart in enumerate(corpus, start=1):
            if mart.stored:
                later = _reached(steps, corpus[number:])
                try:
                    results[mart.name] = _refresh_corpus_mart(
                        lake, steps, mart, connection, snapshot, given, ready, later, afresh
                    )
                except MartError as error:
                    log.warning("mart %s keeps what it holds: %s", mart.name, error)
                    failed.append(Aside(None, None, mart.name, str(error)))
                    if mart.name not in snapshot:
                        snapshot[mart.name] = lake.overwrite(mart.table, mart.table.schema.empty_table())
                progress("corpus marts", number, len(corpus))
    _remember_failed(lake, {mart.name for mart in corpus}, failed)
    snapshot |= lake.snapshot([MART_FAILURES.name])
    return results


def _remember_failed(lake: Lake, tried: set[str], failed: list[Aside]) -> None:
    before = known(lake)
    kept = [each for each in before if each.recording_id is not None or each.mart not in tried]
    remember(lake, before, [*kept, *failed])


def _fingerprint(mart: Mart, snapshot: dict[str, int], given: str) -> int:
    """A number that changes when anything the mart is computed from may have changed."""
    versions = [(name, snapshot.get(name)) for name in mart.depends_on]
    digest = hashlib.sha256(repr((versions, given)).encode()).digest()
    return int.from_bytes(digest[:7], "big")


def _refresh_corpus_mart(
    lake: Lake,
    steps: dict[str, Mart],
    mart: Mart,
    connection: duckdb.DuckDBPyConnection,
    snapshot: dict[str, int],
    given: str,
    ready: set[str],
    later: set[str],
    afresh: bool,
) -> MartResult:
    """Compute one mart if its inputs changed, write it if the answer differs; puts its version into `snapshot`.

    Args:
        later: what the marts after it read.
    """
    started = time.monotonic()
    app, fingerprint = f"inputs:{mart.sql_hash}", _fingerprint(mart, snapshot, given)
    handle = lake.newest(mart.name)
    reflected = handle.transaction_version(app) if handle is not None and not afresh else None
    if handle is not None:
        snapshot[mart.name] = handle.version()
    if reflected == fingerprint:
        return MartResult(mart.name, 0, 0, time.monotonic() - started, False)
    _make_ready(lake, steps, mart, connection, snapshot, ready)
    step(mart, connection)
    for name in [name for name in ready if name in steps and not steps[name].stored and name not in later]:
        drop(connection, name)
        ready.remove(name)
    rows = result(mart, connection)
    connection.execute(f"DROP TABLE {identifier(mart.name)}")
    if reflected is not None and _same(lake, mart, rows, snapshot[mart.name]):
        return MartResult(mart.name, 0, 0, time.monotonic() - started, False)
    snapshot[mart.name] = lake.overwrite(mart.table, rows, transactions={app: fingerprint})
    return MartResult(mart.name, 0, rows.num_rows, time.monotonic() - started, reflected is None)


def _reached(steps: dict[str, Mart], marts: Sequence[Mart]) -> set[str]:
    """What these marts read, and what steps that are computed for them read."""
    found: set[str] = set()
    waiting = [name for mart in marts for name in mart.reads]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += steps[name].reads if name in steps and not steps[name].stored else ()
    return found


def _make_ready(
    lake: Lake,
    steps: dict[str, Mart],
    mart: Mart,
    connection: duckdb.DuckDBPyConnection,
    snapshot: dict[str, int],
    ready: set[str],
) -> None:
    """Make what the mart reads queryable on the connection: stored tables as views, other marts computed."""
    for name in mart.reads:
        if name in ready or not (name in TABLES or name in steps):
            continue
        if name in TABLES or steps[name].stored:
            create_view(connection, lake, TABLES.get(name) or steps[name].table, snapshot.get(name))
        else:
            _make_ready(lake, steps, steps[name], connection, snapshot, ready)
            step(steps[name], connection)
        ready.add(name)


def _same(lake: Lake, mart: Mart, new: pa.Table, version: int) -> bool:
    """Whether a mart computed again, in its order, is what a version of it in the lake holds."""
    files = lake.files(mart.name, version)
    if new.num_rows != sum(file.rows for file in files):
        return False
    old = lake.read(mart.table, version=version)
    # A file is in order, and so is what it takes all of.
    return bool(new.equals(old if len(files) == 1 else sort(mart.table, old)))
