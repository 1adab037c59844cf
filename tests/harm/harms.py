"""Neighbours and damages: what others do to a home, each as a function of its folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

Act = Callable[[Path], object]
"""Does something to a home, or to a table's folder."""

WORKED_ON = ("raw_payloads", "split_words", "transcripts", "turns", "words", "sonix_media", "temi_jobs", "token_index")
"""Tables that a neighbour works on."""


def _optimize(table: Path) -> None:
    DeltaTable(table).optimize.compact()


def _z_order(table: Path) -> None:
    DeltaTable(table).optimize.z_order([DeltaTable(table).schema().fields[0].name])


def _optimize_and_vacuum(table: Path) -> None:
    _optimize(table)
    DeltaTable(table).vacuum(0, dry_run=False, enforce_retention_duration=False)


def _clean_log(table: Path) -> None:
    DeltaTable(table).create_checkpoint()
    DeltaTable(table).cleanup_metadata()


def _lose_checkpoints(table: Path) -> None:
    DeltaTable(table).create_checkpoint()
    for path in (table / "_delta_log").glob("*checkpoint*"):
        path.unlink()


def _leave_files(table: Path) -> None:
    (table / "notes.txt").write_text("by another tool")
    (table / "_symlink_format_manifest").mkdir()
    (table / "other.parquet").write_bytes(b"not ours")
    (table / "_delta_log" / ".tmp-0001").write_bytes(b"left")


def _mark(table: Path) -> None:
    handle = DeltaTable(table)
    once = CommitProperties(app_transactions=[Transaction("spark-job-7", 3)])
    handle.create_write_transaction([], "append", handle.schema(), commit_properties=once)


def _turn_on(feature: str) -> Act:
    def turn_on(home: Path) -> None:
        last = commits(home / "lake" / "words")[-1]
        protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": [feature, "timestampNtz"]}
        protocol["writerFeatures"] = protocol["readerFeatures"]
        following = last.with_name(f"{int(last.stem) + 1:020d}.json")
        following.write_text(json.dumps({"protocol": protocol}) + "\n")

    return turn_on


def _each(act: Act) -> Act:
    return lambda home: [act(home / "lake" / name) for name in WORKED_ON]


NEIGHBOURS: dict[str, Act] = {
    "nobody": lambda home: None,
    "OPTIMIZE": _each(_optimize),
    "Z-ORDER": _each(_z_order),
    "OPTIMIZE, VACUUM at 0": _each(_optimize_and_vacuum),
    "log cleaned up": _each(_clean_log),
    "checkpoints removed": _each(_lose_checkpoints),
    "its own transactions": _each(_mark),
    "its own files": _each(_leave_files),
    "deletion vectors": _turn_on("deletionVectors"),
    "column mapping": _turn_on("columnMapping"),
}


def commits(table: Path) -> list[Path]:
    return sorted((table / "_delta_log").glob("*.json"))


def _data(table: Path) -> Path:
    """The largest data file that the newest version names."""
    paths = [table / str(path) for path in pa.table(DeltaTable(table).get_add_actions())["path"].to_pylist()]
    return max(paths, key=lambda path: (path.stat().st_size, path.name))


def _zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _forget_later(table: Path) -> None:
    """The log ends after the first commit that put rows into the table."""
    logs = commits(table)
    first = next(place for place, path in enumerate(logs) if '"add"' in path.read_text())
    for path in [*logs[first + 1 :], *(table / "_delta_log").glob("*checkpoint*")]:
        path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _garble_checkpoint(table: Path) -> None:
    DeltaTable(table).create_checkpoint()
    for path in (table / "_delta_log").glob("*.checkpoint.parquet"):
        _zero(path)


def _without_rows(table: Path) -> None:
    """All rows go in a commit of their own, and the headers' pins stay where they are."""
    write_deltalake(table, DeltaTable(table).to_pyarrow_table().slice(0, 0), mode="overwrite")


def _without_first(name: str, column: str = "recording_id") -> Act:
    """One recording's rows go, in a commit that keeps the rest, and that is pinned where tables are."""

    def act(home: Path) -> None:
        handle = DeltaTable(home / "lake" / name)
        first = min(map(str, handle.to_pyarrow_table(columns=[column])[column].to_pylist()))
        handle.delete(f"{column} = '{first}'")
        pin(home, {name: handle.version()})

    return act


def pin(home: Path, versions: dict[str, int]) -> None:
    """Have the headers name versions of other tables, as a commit of ours does."""
    headers = DeltaTable(home / "lake" / "transcripts")
    named = [Transaction(name, version) for name, version in versions.items()]
    once = CommitProperties(app_transactions=named)
    headers.create_write_transaction([], "append", headers.schema(), commit_properties=once)


def _lose_pins(home: Path) -> None:
    """The headers are written anew by another tool, which knows nothing of what they name."""
    table = home / "lake" / "transcripts"
    rows = DeltaTable(table).to_pyarrow_table()
    shutil.rmtree(table)
    write_deltalake(table, rows)


def _without_deleted(home: Path) -> None:
    """The list is emptied of what the vendor has deleted, which no listing brings back."""
    table = home / "lake" / "sonix_media"
    rows = DeltaTable(table).to_pyarrow_table()
    write_deltalake(table, rows.filter(pc.is_null(rows["deleted_at"])), mode="overwrite")


HARMS: dict[str, Act] = {
    "data file zeroed": lambda table: _zero(_data(table)),
    "data file missing": lambda table: _data(table).unlink(),
    "last commit zeroed": lambda table: _zero(commits(table)[-1]),
    "last commit missing": lambda table: commits(table)[-1].unlink(),
    "first commit missing": lambda table: commits(table)[0].unlink(),
    "checkpoint garbled": _garble_checkpoint,
    "log lost": lambda table: shutil.rmtree(table / "_delta_log"),
    "folder lost": shutil.rmtree,
    "all rows deleted": _without_rows,
}
"""What happens to a table, given its folder."""
HARMED = ("raw_payloads", "words", "transcripts", "sonix_media")


def _of(name: str, harm: Act) -> Act:
    return lambda home: harm(home / "lake" / name)


DAMAGES: dict[str, Act] = {f"{name}: {harm}": _of(name, act) for name in HARMED for harm, act in HARMS.items()} | {
    "sonix_media: last commit cut short": _of("sonix_media", lambda table: _cut(commits(table)[-1])),
    "sonix_media: all commits but the first missing": _of("sonix_media", _forget_later),
    "transcripts: all commits but the first missing": _of("transcripts", _forget_later),
    "forgotten: last commit missing": _of("forgotten", HARMS["last commit missing"]),
    "recordings: data file missing": _of("recordings", HARMS["data file missing"]),
    "recordings: log lost": _of("recordings", HARMS["log lost"]),
    "recordings: folder lost": _of("recordings", HARMS["folder lost"]),
    "header without words": _without_first("words"),
    "words without header": _without_first("transcripts"),
    "header without payload": _without_first("raw_payloads"),
    "header without list row": _without_deleted,
    "pins lost": _lose_pins,
    "forgotten: folder lost": lambda home: shutil.rmtree(home / "lake" / "forgotten"),
    "whole lake lost": lambda home: shutil.rmtree(home / "lake"),
    "warehouse zeroed": lambda home: _zero(home / "warehouse.duckdb"),
    "warehouse cut short": lambda home: _cut(home / "warehouse.duckdb"),
    "warehouse lost": lambda home: (home / "warehouse.duckdb").unlink(),
    "locks lost": lambda home: shutil.rmtree(home / "locks"),
}
"""What happens to a home, given its folder."""

EVERY = NEIGHBOURS | DAMAGES
