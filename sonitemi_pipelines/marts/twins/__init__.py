"""Twins: steps that look at every word, and at each against the words before it, computed over arrays.

A SELECT of `sql/marts` says what such a step is, and DuckDB can compute it; its twin gives the same rows in a tenth of
the time, for the words of a transcript come in order and a running maximum is one pass over an array. A twin stands in
only for the SELECT of the package, to the letter: who changes one in an own `sql` folder gets what it says.
"""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from sonitemi_pipelines.marts.trackers import FOLD
from sonitemi_pipelines.parsing.seeds import sql_folder

NAMES = (
    "asking_sentences",
    "floor_turns",
    "overlap_evidence",
    "search_words",
    "speaker_variety",
    "term_counts",
    "token_counts",
    "word_units",
)
"""Steps that have a twin, in the module of that name; none is stored."""

_COMMON = ("arrays", "part")


def twin_of(path: Path) -> str | None:
    """Digest of the code of the twin of a step, by the file of its SELECT; None when it has none, or that file or the
    macro that folds words is not as the package has it.
    """
    if path.stem not in NAMES or path.read_bytes() != (sql_folder() / "marts" / path.name).read_bytes():
        return None
    own, fold = (folder / "macros" / FOLD for folder in (path.parents[1], sql_folder()))
    if own.exists() and own.read_bytes() != fold.read_bytes():
        return None
    return _digest(path.stem)


def select(name: str, connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    """A SELECT, for as long as the block lasts, of the rows that the twin of a step finds in a connection's tables."""
    module: Any = import_module(f"{__name__}.{name}")
    found: AbstractContextManager[str] = module.select(connection)
    return found


@cache
def _digest(name: str) -> str:
    modules = [Path(__file__).with_name(f"{module}.py").read_bytes() for module in (*_COMMON, name)]
    return hashlib.sha256(b"".join(modules)).hexdigest()
