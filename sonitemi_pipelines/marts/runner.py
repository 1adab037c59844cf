"""Keeps the mart tables of the lake true: transcript marts for what changed, corpus marts when the answer differs."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Collection, Iterable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from sonitemi_pipelines.errors import LakeError, MartError
from sonitemi_pipelines.lake.memory import lean
from sonitemi_pipelines.lake.private import privately
from sonitemi_pipelines.lake.schemas import MART_FAILURES, TABLES, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.writing import flush_log
from sonitemi_pipelines.marts.aside import (
    TOO_MANY,
    Aside,
    halves,
    known,
    nothing_of,
    of_recordings,
    recordings_of,
    remember,
)
from sonitemi_pipelines.marts.changes import Changes, all_transcripts, changes_between, chunks, read_matching
from sonitemi_pipelines.marts.compute import MEMORY_LIMIT, MartResult, connect, drop, put, result, step
from sonitemi_pipelines.marts.corpus import refresh_corpus_marts
from sonitemi_pipelines.marts.held import IN_PARTS, Held
from sonitemi_pipelines.marts.inputs import INPUTS, Inputs
from sonitemi_pipelines.marts.model import Mart, load_steps
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.settings import Settings

log = logging.getLogger(__name__)

MARTS_LOCK = "marts"
CHUNK_WORDS = 200_000
"""Words computed at a time: bounds memory whatever the lake holds, to about 250 MB beside the code; each part takes a
third of a second beside its words."""
_PARTS_A_CONNECTION = 10


@lean()
def refresh(
    lake: Lake,
    marts: Collection[str] | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
    *,
    folder: Path | None = None,
    chunk_words: int = CHUNK_WORDS,
    afresh: bool = False,
) -> list[MartResult]:
    """Bring marts up to the lake's newest snapshot.

    Args:
        marts: names; default all. Marts they depend on are refreshed too, and not reported.
        settings: for the configured rates and the user's speaker map; without it both are unknown.
        folder: the `sql` folder; default the package's own.
        afresh: compute everything, whatever the marts hold.

    Raises:
        MartError: a mart is not known, malformed, or its SELECT fails.
        LakeError: the lake cannot be read or written.
    """
    steps = load_steps(folder)
    wanted = _with_dependencies(steps, marts)
    with lake.lock(MARTS_LOCK):
        snapshot = dict(lake.snapshot(list(TABLES)))
        results = _refresh_transcript_marts(lake, steps, wanted, snapshot, progress, folder, chunk_words, afresh)
        results |= refresh_corpus_marts(lake, steps, wanted, snapshot, progress, folder, settings, afresh=afresh)
    return [results[name] for name in wanted if name in results and (marts is None or name in marts)]


def _with_dependencies(steps: dict[str, Mart], names: Collection[str] | None) -> list[str]:
    if names is None:
        return list(steps)
    unknown = sorted(set(names) - {name for name, mart in steps.items() if mart.stored or mart.is_view})
    if unknown:
        raise MartError(f"no mart is called {', '.join(unknown)}; `sql/marts` has {', '.join(steps)}")
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in steps and name not in wanted:
            wanted.add(name)
            waiting.extend(steps[name].reads)
    return [name for name in steps if name in wanted]


# ---- grain transcript


def _app(mart: Mart) -> str:
    """Name of the Delta app transaction whose version is that of `transcripts` the mart reflects."""
    return f"{TRANSCRIPTS.name}:{mart.sql_hash}"


def _reflected(mart: Mart, handle: DeltaTable) -> int | None:
    if handle.metadata().partition_columns:
        # Of release 0.1.0, with a folder for each day.
        return None
    version = handle.transaction_version(_app(mart))
    return None if version == IN_PARTS else version


def half_built(lake: Lake, folder: Path | None = None) -> set[str]:
    """Marts that a rebuild was killed in the middle of; the next refresh rebuilds them. Call with MARTS_LOCK held."""
    stored = [mart for mart in load_steps(folder).values() if mart.is_transcript_grain and mart.stored]
    handles = {mart.name: lake.newest(mart.name) for mart in stored}
    return {
        mart.name
        for mart in stored
        if (handle := handles[mart.name]) is not None and handle.transaction_version(_app(mart)) == IN_PARTS
    }


def reflect_later(lake: Lake) -> bool:
    """Whether marts were computed from headers that are newer than those that the lake has."""
    try:
        header = lake.newest(TRANSCRIPTS.name)
        first = next(mart for mart in load_steps(None).values() if mart.is_transcript_grain and mart.stored)
        handle = lake.newest(first.name)
    except LakeError:
        # Which is told in other ways.
        return False
    if header is None or handle is None:
        return False
    reflected = _reflected(first, handle)
    return reflected is not None and reflected > header.version()


def _refresh_transcript_marts(
    lake: Lake,
    steps: dict[str, Mart],
    wanted: list[str],
    snapshot: dict[str, int],
    progress: Progress,
    folder: Path | None,
    chunk_words: int,
    afresh: bool,
) -> dict[str, MartResult]:
    newest = snapshot.get(TRANSCRIPTS.name)
    stored = [steps[name] for name in wanted if steps[name].is_transcript_grain and steps[name].stored]
    results = {mart.name: MartResult(mart.name, 0, 0, 0.0, False) for mart in stored}
    if newest is None:
        return results
    set_aside = known(lake)
    reflected: dict[str, int] = {}
    for mart in stored:
        handle = lake.newest(mart.name)
        version = _reflected(mart, handle) if handle is not None and not afresh else None
        # What is made from a table that has to be rebuilt is of no use either.
        if handle is not None and version is not None and not _lacks(mart, stored, reflected):
            reflected[mart.name] = version
            snapshot[mart.name] = handle.version()
    behind = [mart for mart in stored if reflected.get(mart.name, newest) != newest]
    missing = [mart for mart in stored if mart.name not in reflected]
    if behind:
        # From the oldest on for all of them: what a mart reads is then never older than the mart.
        changes = changes_between(lake, min(reflected[mart.name] for mart in behind), newest)
        results |= _bring_up(lake, steps, behind, changes, snapshot, progress, folder, chunk_words)
    if missing:
        changes = all_transcripts(lake, newest)
        results |= _bring_up(lake, steps, missing, changes, snapshot, progress, folder, chunk_words)
    still = set(known(lake)) if set_aside else set()
    again = {
        (each.provider, each.recording_id)
        for each in set_aside
        if each in still and each.provider is not None and each.recording_id is not None
    }
    if again:
        changes = of_recordings(all_transcripts(lake, newest), again)
        results |= _bring_up(lake, steps, stored, changes, snapshot, progress, folder, chunk_words)
    return results


def _lacks(mart: Mart, stored: list[Mart], reflected: dict[str, int]) -> bool:
    """Whether the mart depends on one that is missing; those before it in `stored` are decided."""
    return any(other.name in mart.depends_on and other.name not in reflected for other in stored)


def _bring_up(
    lake: Lake,
    steps: dict[str, Mart],
    group: list[Mart],
    changes: Changes,
    snapshot: dict[str, int],
    progress: Progress,
    folder: Path | None,
    chunk_words: int,
) -> dict[str, MartResult]:
    """Compute the changed transcripts of some marts, chunk by chunk; puts the marts' new versions into `snapshot`."""
    newest = snapshot[TRANSCRIPTS.name]
    rows = dict.fromkeys((mart.name for mart in group), 0)
    seconds = dict.fromkeys(rows, 0.0)
    if len(changes) == 0 and not changes.rebuild:
        for mart in group:
            nothing = mart.table.schema.empty_table()
            snapshot[mart.name] = lake.append(mart.table, nothing, transactions={_app(mart): newest})
    else:
        names = {mart.name for mart in group}
        needed = [name for name in _with_dependencies_of(steps, names) if steps[name].is_transcript_grain]
        waiting = deque(chunks(changes, chunk_words))
        done, is_first, whole = 0, True, True
        aside: list[Aside] = []
        held = {
            name: Held(lake, steps[name].table, _app(steps[name]))
            for name in needed
            if name in names and steps[name].stored
        }
        with closing(_Run(folder, lake, steps, needed, names, snapshot)) as run:
            while waiting:
                part = waiting.popleft()
                try:
                    took = run.step_all(part)
                except MartError:
                    if whole:
                        # A definition that is at fault fails for no transcript at all too, and that is no one's data.
                        run.step_all(nothing_of(part))
                        whole = False
                    if (smaller := halves(part)) is not None:
                        waiting.extendleft(reversed(smaller))
                        continue
                    took = run.step_each(part, aside)
                    if len(aside) >= TOO_MANY * len(needed) and is_first:
                        raise
                for name, mart_rows in held.items():
                    found = result(steps[name], run.connection)
                    drop(run.connection, name)
                    rows[name] += found.num_rows
                    seconds[name] += took[name]
                    # Until its last part is there, a rebuilt mart reflects nothing.
                    version = mart_rows.put(found, part, IN_PARTS if waiting else newest)
                    if version is not None:
                        snapshot[name] = version
                is_first = False
                done += part.present.num_rows
                progress("marts", done, changes.present.num_rows)
        _remember_aside(lake, changes, set(needed), aside, snapshot)
        if changes.rebuild:
            _checkpoint(lake, [steps[name].table for name in sorted(names) if steps[name].stored])
        log.info("marts: %d transcripts computed for %s", len(changes), ", ".join(sorted(names)))
    return {name: MartResult(name, len(changes), rows[name], seconds[name], changes.rebuild) for name in rows}


class _Run:
    """The connection on which the steps of a group of marts are computed, part by part.

    Attributes:
        connection: holds what the last part came to.
    """

    def __init__(
        self,
        folder: Path | None,
        lake: Lake,
        steps: dict[str, Mart],
        needed: list[str],
        names: set[str],
        snapshot: dict[str, int],
    ) -> None:
        self._folder, self._lake, self._steps = folder, lake, steps
        self._needed, self._names, self._snapshot = needed, names, snapshot
        self._done_with = self._last_read()
        self._connect()

    def close(self) -> None:
        self.connection.close()

    def _connect(self) -> None:
        self.connection = connect(self._folder, memory_limit=MEMORY_LIMIT)
        # To divide the work of a part takes as long as is won by it.
        self.connection.execute("SET threads = 1")
        steps = [self._steps[name] for name in self._needed]
        self._inputs = Inputs(self.connection, self._lake, steps, self._snapshot)
        self._parsed: dict[str, duckdb.Statement] = {}
        self._parts = 0

    def _next(self) -> None:
        """Begin a part. What was dropped on a connection is not all given back before the connection is."""
        if self._parts >= _PARTS_A_CONNECTION:
            self.close()
            self._connect()
        self._parts += 1

    def step_all(self, part: Changes) -> dict[str, float]:
        """Compute every step of a part; seconds for each. Raises MartError at the first that fails."""
        self._next()
        self._inputs.load(part)
        took = {}
        for name in self._needed:
            took[name] = self._step(name, part)
            for read in self._done_with[name]:
                drop(self.connection, read)
        return took

    def _last_read(self) -> dict[str, list[str]]:
        """For each step the tables that none after it reads and that are not to be stored."""
        last: dict[str, str] = {}
        for name in self._needed:
            last |= dict.fromkeys([name, *self._steps[name].reads], name)
        ours = {table.name for table in INPUTS if table is not TRANSCRIPTS}
        ours |= {name for name in self._needed if not (self._steps[name].stored and name in self._names)}
        return {step: [name for name, by in last.items() if by == step and name in ours] for step in self._needed}

    def step_each(self, part: Changes, aside: list[Aside]) -> dict[str, float]:
        """The same for a part of one recording, where a step that fails, and what reads it, is left empty."""
        self._inputs.load(part)
        took = dict.fromkeys(self._needed, 0.0)
        lost: dict[str, str] = {}
        for name in self._needed:
            reason = next((lost[read] for read in self._steps[name].reads if read in lost), None)
            if reason is None:
                try:
                    took[name] = self._step(name, part)
                    continue
                except MartError as error:
                    reason = str(error)
            lost[name] = reason
            put(self.connection, name, self._steps[name].table.schema.empty_table())
        for provider, recording_id in recordings_of(part):
            found = [Aside(provider, recording_id, name, reason) for name, reason in lost.items()]
            aside += found
            for each in found[:1]:
                log.warning("%s %s is set aside by %s: %s", provider, recording_id, ", ".join(lost), each.reason)
        return took

    def _step(self, name: str, part: Changes) -> float:
        mart = self._steps[name]
        started = time.monotonic()
        if mart.stored and name not in self._names:
            put(self.connection, name, _read_transcripts(self._lake, mart.table, part, self._snapshot.get(name)))
        else:
            step(mart, self.connection, self._parsed)
        return time.monotonic() - started


def _remember_aside(
    lake: Lake, changes: Changes, tried: set[str], found: list[Aside], snapshot: dict[str, int]
) -> None:
    """What was set aside before stays unless it was tried now, or the recording went."""
    before = known(lake)
    if not before and not found:
        return
    recordings = set(recordings_of(changes)) | set(recordings_of(Changes(changes.gone, changes.gone, False)))
    kept = [
        each
        for each in before
        if each.mart not in tried or not (changes.rebuild or (each.provider, each.recording_id) in recordings)
    ]
    remember(lake, before, [*kept, *found])
    snapshot |= lake.snapshot([MART_FAILURES.name])


@privately
def _checkpoint(lake: Lake, tables: Iterable[Table]) -> None:
    """A rebuild's log names every file there is; read from a checkpoint, opening takes less than half the time."""
    for table in tables:
        if (handle := lake.open(table.name)) is not None:
            handle.create_checkpoint()
            flush_log(lake, table, handle.version())


def _with_dependencies_of(steps: dict[str, Mart], names: Iterable[str]) -> list[str]:
    """These marts and the steps between them and stored tables; not what stored marts outside come from."""
    wanted: set[str] = set()
    waiting = list(names)
    start = set(waiting)
    while waiting:
        name = waiting.pop()
        if name in steps and name not in wanted:
            wanted.add(name)
            if name in start or not steps[name].stored:
                waiting.extend(steps[name].reads)
    return [name for name in steps if name in wanted]


def _read_transcripts(lake: Lake, table: Table, part: Changes, version: int | None) -> pa.Table:
    """Rows of these transcripts, read from files that may hold them."""
    present = part.present
    if not present.num_rows or version is None:
        return table.schema.empty_table()
    return read_matching(lake, table, version, present.select(["provider", "recording_id", "day"]))
