"""Other tools that work on the same tables: what of theirs is harmless, and what this package cannot read."""

from __future__ import annotations

import json
import os

import pyarrow.fs as pafs
from deltalake import DeltaTable

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.schemas import SPLIT_WORDS

_CHANGING = frozenset({"deletionVectors", "columnMapping", "typeWidening", "typeWidening-preview"})
"""Features by which a file no longer says by itself what its rows are."""
_ADDING_COLUMNS = "ADD COLUMN"


def refuse_unreadable(handle: DeltaTable, name: str, location: str) -> None:
    """Refuse a table whose files no longer say what its rows are.

    Raises:
        LakeError: naming the feature that another tool turned on.
    """
    features = sorted(_CHANGING.intersection(handle.protocol().reader_features or ()))
    if handle.metadata().configuration.get("delta.columnMapping.mode", "none") != "none":
        features = features or ["columnMapping"]
    if features:
        raise LakeError(
            f"lake table {name} at {location} uses {', '.join(features)}, which another tool turned on and this "
            f"package does not read; turn it off there (for deletionVectors: REORG TABLE ... APPLY (PURGE), then DROP "
            "FEATURE), or restore the table from a backup"
        )


def refuse_unpinned(headers: DeltaTable, name: str, location: str) -> None:
    """Refuse headers that name no version of a table: nothing says which of its rows are theirs.

    Raises:
        LakeError: there are headers.
    """
    # Release 0.1.0 had none of these.
    if name != SPLIT_WORDS.name and headers.file_uris():
        raise LakeError(
            f"the headers at {location} name no version of {name}, so another tool wrote them anew; restore them from "
            "a backup, or run `sonitemi rebuild`"
        )


def identity(path: str) -> tuple[int, int, int] | None:
    """What tells a file from one that was put in its place; None when it is gone."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def only_rearranged(filesystem: pafs.FileSystem, root: str, since: int, until: int) -> bool:
    """Whether the commits after version `since`, up to `until`, changed no row: OPTIMIZE, a vacuum, a checkpoint.

    False when that cannot be told, because their log was cleaned up.
    """
    for version in range(since + 1, until + 1):
        path = f"{root}/_delta_log/{version:020d}.json".lstrip("/" if not root else "")
        try:
            with filesystem.open_input_stream(path) as log:
                lines = log.read().decode("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return False
        try:
            actions = [json.loads(line) for line in lines]
        except ValueError:
            return False
        named = [action["commitInfo"].get("operation") for action in actions if "commitInfo" in action]
        for action in actions:
            changed = action.get("add") or action.get("remove")
            if changed and changed.get("dataChange", True):
                return False
            if "metaData" in action and named != [_ADDING_COLUMNS]:
                return False
    return True
