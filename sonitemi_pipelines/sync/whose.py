"""Whose account a table mirrors: the list of another one would mark everything there as gone."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.errors import AccountError
from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.merge import ListedRows

Fingerprint = Callable[[str], int]
"""From a salt to the number by which an account's key and URL are known again."""
APP = "sonitemi.account"
"""Name of the app transaction that keeps that number; the salt is the table's own id, so that no two lakes have the
same."""
MANY = 20
"""Recordings from which on a list that shares none of them is another account's, whatever the key."""


def fingerprints(lake: Lake, table: Table, of: Fingerprint | None) -> tuple[int | None, int | None]:
    """The fingerprint that a table keeps, and that of now; None for what is not known."""
    if of is None:
        return None, None
    handle = writing.make(lake, table)
    return handle.transaction_version(APP), of(str(handle.metadata().id))


def check_account(
    table: Table, provider: str, known: pa.Table, fresh: ListedRows, fingerprints: tuple[int | None, int | None]
) -> None:
    """Refuse the list of another account: of many recordings it shows none, or of some when the key is another too.

    Raises:
        AccountError: nothing may be taken from it.
    """
    alive = known["deleted_at"].null_count
    before, now = fingerprints
    is_another = before is not None and before != now
    if alive < (1 if is_another else MANY):
        return
    key = table.key[0]
    if pc.any(pc.is_in(fresh.rows[key], known[key].combine_chunks())).as_py():
        return
    changed = ", and the key or the base URL is not that of the last run" if is_another else ""
    raise AccountError(
        f"the {provider} list of {fresh.rows.num_rows} shares no recording with the {alive} of {table.name}{changed}: "
        "it is another account's, or an emptied one; check the key and the base URL, or set another SONITEMI_HOME; "
        "if it is right, run once with SONITEMI_OTHER_ACCOUNT=true"
    )


def check_first(
    lake: Lake, table: Table, provider: str, of: Fingerprint, first_ids: Callable[[], Collection[str]]
) -> None:
    """Before any other table is written: where the key or the URL is another than before, the head of the list of
    recordings must show one that the lake knows.

    Args:
        table: of the recordings.
        first_ids: asked for the ids of the list's first page, only where the fingerprint has changed.

    Raises:
        AccountError: it shows none.
    """
    before, now = fingerprints(lake, table, of)
    if before is None or before == now:
        return
    known = lake.read(table, [table.key[0]], filters=pc.field("deleted_at").is_null())[table.key[0]]
    if known.null_count == len(known):
        return
    if not pc.any(pc.is_in(pa.array(list(first_ids()), pa.string()), known.combine_chunks())).as_py():
        raise AccountError(
            f"the key or the base URL of {provider} is not that of the last run, and none of the newest recordings it "
            f"shows is of the {len(known)} of {table.name}; check the key and the base URL; if they are right, run "
            "once with SONITEMI_OTHER_ACCOUNT=true"
        )
