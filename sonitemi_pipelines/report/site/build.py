"""Building a site: pages of what changed, the index of its part, and the few pages about everything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from sonitemi_pipelines import __version__
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.report.conversation import Conversation
from sonitemi_pipelines.report.loading import READS, Batch, load_conversation
from sonitemi_pipelines.report.page import render_page
from sonitemi_pipelines.report.site.corpus import Reader
from sonitemi_pipelines.report.site.files import Files
from sonitemi_pipelines.report.site.listing import Entry, read_entries, segments
from sonitemi_pipelines.report.site.pages import site_pages
from sonitemi_pipelines.report.site.search_index import data_of, passages, script, shards
from sonitemi_pipelines.warehouse import answers, unreadable

_BATCH = 200
_VARIANT = "latest"
_BACK = "../../index.html"


@dataclass(frozen=True)
class SiteReport:
    """What a build did: conversations in the site, pages made anew, files written and removed in all."""

    path: Path
    conversations: int
    made: int
    written: int
    removed: int

    def __str__(self) -> str:
        return (
            f"{self.conversations} conversations, {self.made} pages made anew, {self.written} files written, "
            f"{self.removed} removed"
        )


def write_site(connection: duckdb.DuckDBPyConnection, folder: Path, progress: Progress = no_progress) -> SiteReport:
    """Bring the site in `folder` to what the warehouse holds. Interrupted, the next call finishes the work.

    Raises:
        WarehouseError: the warehouse lacks tables, or `folder` holds something else or cannot be written to.
    """
    files = Files.open(folder)
    with answers():
        entries = read_entries(connection)
        corpus = Reader(connection).corpus()
    wanted = {entry.slug: _print(entry) for entry in entries}
    changed = [
        entry for entry in entries if files.known.get(entry.slug) != wanted[entry.slug] or not _is_there(files, entry)
    ]
    for done, (entry, conversation) in enumerate(_loaded(connection, changed), start=1):
        files.write(entry.page, render_page(conversation, home=_BACK))
        files.write(entry.text, script(f"text {entry.slug}", passages(conversation)))
        progress("pages", done, len(changed))
    parts = segments(entries)
    kept: set[str] = set()
    remade = {entry.slug for entry in changed}
    members = {name: [entry.slug for entry in held] for name, held in parts.items()}
    for number, (name, held) in enumerate(parts.items(), start=1):
        kept |= _segment(
            files, name, held, stale=files.parts.get(name) != members[name] or bool(remade & set(members[name]))
        )
        progress("index", number, len(parts))
    for name, text in site_pages(corpus, entries, list(parts)).items():
        files.write(name, text)
    files.keep_only("data", kept)
    files.keep_only("c", {entry.page for entry in entries})
    files.keep_only("text", {entry.text for entry in entries})
    files.note(wanted, members)
    return SiteReport(folder, len(entries), len(changed), files.written, files.removed)


def _segment(files: Files, name: str, held: Sequence[Entry], *, stale: bool) -> set[str]:
    """List and index of one part. Returns its files."""
    listed = f"data/{name}/list.js"
    files.write(listed, script(f"list {name}", [entry.row() for entry in held]))
    names = {number: f"data/{name}/{number:02}.js" for number in range(len(shards(())))}
    if stale or not all(map(files.has, names.values())):
        texts = [data_of(files.read(entry.text)) for entry in held]
        for number, part in enumerate(shards(texts)):
            files.write(names[number], script(f"index {name} {number}", part))
    return {listed, *names.values()}


def _loaded(connection: duckdb.DuckDBPyConnection, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Conversation]]:
    """Conversations with what the warehouse knows of them; read in batches, for one at a time opens each file anew."""
    [(path,)] = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    for first in range(0, len(entries), _BATCH):
        batch = entries[first : first + _BATCH]
        with duckdb.connect() as small:
            small.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS warehouse (READ_ONLY)")
            together = Batch(small, _VARIANT) if _copied(small, batch) else None
            # Small questions by the dozen: several threads would only wait for each other.
            small.execute("SET threads = 1")
            for entry in batch:
                if together is not None:
                    yield entry, together.conversation(entry.provider, entry.recording_id)
                else:
                    yield entry, load_conversation(connection, entry.provider, entry.recording_id, _VARIANT)


def _copied(small: duckdb.DuckDBPyConnection, batch: Sequence[Entry]) -> bool:
    """Copy what is known of a batch into a database in memory. False: the lake's files cannot be read from here."""
    small.execute("CREATE TABLE wanted (provider VARCHAR, recording_id VARCHAR)")
    small.executemany("INSERT INTO wanted VALUES (?, ?)", [(each.provider, each.recording_id) for each in batch])
    days = f"day BETWEEN DATE '{batch[0].day}' AND DATE '{batch[-1].day}'"
    try:
        for table in READS:
            where = days if table in ("turns", "words", "transcripts") else "true"
            small.execute(
                f'CREATE TABLE main."{table}" AS SELECT * FROM warehouse.main."{table}" AS t '
                f"SEMI JOIN wanted USING (provider, recording_id) WHERE {where}"
            )
    except duckdb.Error as error:
        if unreadable(error) is None:
            raise
        return False
    return True


def _is_there(files: Files, entry: Entry) -> bool:
    return files.has(entry.page) and files.has(entry.text)


def _print(entry: Entry) -> str:
    return hashlib.sha256(f"{entry.print} {_form()}".encode()).hexdigest()[:20]


@cache
def _form() -> Any:
    """What pages look like: a new release or template makes all of them anew."""
    seen = hashlib.sha256(__version__.encode())
    for part in sorted(
        resources.files("sonitemi_pipelines.report").joinpath("templates").iterdir(), key=lambda p: p.name
    ):
        if part.is_file():
            seen.update(part.read_bytes())
    return seen.hexdigest()
