"""Neighbour x damage x command: what each command makes of a lake that others worked on, or that was harmed.

`test_harms.py` proves it, `docs/damage.md` shows it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

Act = Callable[[Path], object]
"""Does something to a table's folder."""

OURS = ("raw_payloads", "spoken_words", "transcripts", "turns", "words", "sonix_media", "temi_jobs", "token_index")
"""Tables that a neighbour works on."""


def optimize(table: Path) -> None:
    DeltaTable(table).optimize.compact()


def z_order(table: Path) -> None:
    DeltaTable(table).optimize.z_order([DeltaTable(table).schema().fields[0].name])


def optimize_and_vacuum(table: Path) -> None:
    optimize(table)
    DeltaTable(table).vacuum(0, dry_run=False, enforce_retention_duration=False)


def clean_log(table: Path) -> None:
    DeltaTable(table).create_checkpoint()
    DeltaTable(table).cleanup_metadata()


def lose_checkpoints(table: Path) -> None:
    DeltaTable(table).create_checkpoint()
    for path in (table / "_delta_log").glob("*checkpoint*"):
        path.unlink()


def leave_files(table: Path) -> None:
    (table / "notes.txt").write_text("by another tool")
    (table / "_symlink_format_manifest").mkdir()
    (table / "other.parquet").write_bytes(b"not ours")


def mark(table: Path) -> None:
    handle = DeltaTable(table)
    once = CommitProperties(app_transactions=[Transaction("spark-job-7", 3)])
    handle.create_write_transaction([], "append", handle.schema(), commit_properties=once)


NEIGHBOURS: dict[str, Act] = {
    "nobody": lambda table: None,
    "OPTIMIZE": optimize,
    "Z-ORDER": z_order,
    "OPTIMIZE and VACUUM": optimize_and_vacuum,
    "log cleaned up": clean_log,
    "checkpoints removed": lose_checkpoints,
    "its own transactions": mark,
    "its own files": leave_files,
}


def _data(table: Path) -> Path:
    """The largest data file that the newest version names."""
    paths = [table / path for path in pa.table(DeltaTable(table).get_add_actions())["path"].to_pylist()]
    return max(paths, key=lambda path: path.stat().st_size)


def _commits(table: Path) -> list[Path]:
    return sorted((table / "_delta_log").glob("*.json"))


def _zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _without_rows(table: Path) -> None:
    """All rows go in a commit of their own, and the headers' pins with it stay where they are."""
    write_deltalake(table, DeltaTable(table).to_pyarrow_table().slice(0, 0), mode="overwrite")


def _without_first(table: Path) -> None:
    """One recording's rows go, in a commit that keeps the rest."""
    handle = DeltaTable(table)
    first = min(handle.to_pyarrow_table(columns=["recording_id"])["recording_id"].to_pylist())
    handle.delete(f"recording_id = '{first}'")


_HARMS: dict[str, Act] = {
    "a data file zeroed": lambda table: _zero(_data(table)),
    "a data file cut short": lambda table: _cut(_data(table)),
    "a data file missing": lambda table: _data(table).unlink(),
    "the last commit zeroed": lambda table: _zero(_commits(table)[-1]),
    "the last commit missing": lambda table: _commits(table)[-1].unlink(),
    "the first commit missing": lambda table: _commits(table)[0].unlink(),
    "the log lost": lambda table: shutil.rmtree(table / "_delta_log"),
    "the folder lost": shutil.rmtree,
    "all rows deleted": _without_rows,
}
_HARMED = ("raw_payloads", "words", "transcripts", "sonix_media", "token_index", "speaker_stats")
DAMAGES: dict[str, Act] = {
    f"{name}: {harm}": lambda lake, act=act, name=name: act(lake / name)  # type: ignore[misc]
    for name in _HARMED
    for harm, act in _HARMS.items()
} | {
    "words: a recording's rows deleted": lambda lake: _without_first(lake / "words"),
    "transcripts: a recording's row deleted": lambda lake: _without_first(lake / "transcripts"),
    "warehouse zeroed": lambda lake: _zero(lake.parent / "warehouse.duckdb"),
    "warehouse cut short": lambda lake: _cut(lake.parent / "warehouse.duckdb"),
    "warehouse missing": lambda lake: (lake.parent / "warehouse.duckdb").unlink(),
}
"""What happens to a lake, given its folder."""

QUERY = "SELECT count(*) AS n, sum(hash(recording_id, word_index, text) % 1000003) AS h FROM words"
COMMANDS: dict[str, tuple[str, ...]] = {
    "sync": ("sync", "--quiet"),
    "query": ("query", "--csv", QUERY),
    "report": ("report", "sonix", "{media}", "--output", "{out}"),
    "export": ("export", "sonix", "{media}", "--format", "srt"),
    "maintain": ("maintain",),
    "rebuild": ("rebuild",),
    "doctor": ("doctor",),
    "forget": ("forget", "sonix", "{other}"),
}
PUBLISH = "publish"
