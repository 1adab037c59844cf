"""`sonitemi forget`: erase one recording from lake, marts, warehouse and webhook inbox, old versions included."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake import register
from sonitemi_pipelines.lake.maintenance import YOUNGEST_STRAY, vacuum
from sonitemi_pipelines.lake.schemas import FORGOTTEN, SYNC_FAILURES, TABLES, TRANSCRIPTS, VENDOR_REQUESTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK, change_pinned, pin_newest
from sonitemi_pipelines.marts import load_marts
from sonitemi_pipelines.marts.runner import MARTS_LOCK, refresh
from sonitemi_pipelines.pipeline.run import fetch_lock, publish_warehouse
from sonitemi_pipelines.pipeline.whole import check_whole, lake_tables
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.memo import forget_lists
from sonitemi_pipelines.sync.net import in_words
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.webhooks.inbox import Inbox, existing_inbox

_UNGUARDED = (VENDOR_REQUESTS, SYNC_FAILURES)
"""Tables that are written without the locks that an erasure holds; none has a word of a recording."""


def forget(settings: Settings, provider: str, recording_id: str) -> dict[str, int]:
    """Erase a recording for good; returns the rows deleted by table.

    Its id alone is kept, in `forgotten`, so that no sync brings it back; what the vendor has of it is deleted at the
    vendor. Readers that still hold the warehouse of before lose the words and turns of every recording whose files
    are rewritten, so open it anew after.

    Raises:
        LakeError: nothing is known of this recording, or a sync of this vendor does not end, or the lake is not whole:
            nothing was erased, for files that cannot be read might keep it.
    """
    lake = Lake.from_settings(settings)
    check_whole(lake, settings.warehouse)
    path = existing_inbox(settings.webhooks)
    with lake.lock(fetch_lock(provider)), lake.lock(WRITE_LOCK):
        if recording_id in _forgotten(lake, provider):
            deleted = {}
        else:
            deleted = {name: rows for name in TABLES if (rows := _rows_of(lake, TABLES[name], provider, recording_id))}
            if not deleted:
                raise LakeError(f"the lake knows no {provider} recording {recording_id}; check the id, case included")
            row = {"provider": provider, "recording_id": recording_id, "forgotten_at": utc_now()}
            lake.append(FORGOTTEN, FORGOTTEN.from_rows([row]))
            register.note(lake)
        forget_lists(lake)
        if path is not None:
            with Inbox(path) as inbox:
                inbox.forget(provider, recording_id)
        _erase_transcripts(lake, provider, recording_id)
        marts = [mart.table for mart in load_marts().values()]
        for table in [*TABLES.values(), *marts]:
            where = _where(table, provider, recording_id)
            if table.name in (*PINNED, TRANSCRIPTS.name):
                continue
            if where is not None and lake.open(table.name) is not None:
                lake.remove(table, where, _bounds(recording_id))
        problems = _show_anew(lake, settings, marts)
        with lake.lock(MARTS_LOCK):
            for table in lake_tables():
                # What a killed writer left goes too, where nobody can be writing now.
                guarded = table in marts or (
                    table not in _UNGUARDED and _where(table, provider, recording_id) is not None
                )
                vacuum(lake, table, timedelta(0), timedelta(0) if lake.has_locks and guarded else YOUNGEST_STRAY)
        pin_newest(lake)
    if problems:
        raise LakeError(
            f"{provider} {recording_id} is erased, but {'; '.join(problems)}; `sonitemi sync` brings the rest back"
        )
    return deleted


def _show_anew(lake: Lake, settings: Settings, marts: list[Table]) -> list[str]:
    """Compute and publish without what was erased. Where that fails, on another transcript say, what may still hold
    something of it goes instead: tables over all recordings, and the warehouse. Returns what failed, in words.
    """
    problems: list[str] = []
    try:
        refresh(lake, settings=settings)
    except Exception as error:
        problems.append(in_words(error, "computing the marts"))
        for table in marts:
            if "recording_id" not in table.schema.names and lake.open(table.name) is not None:
                lake.overwrite(table, table.schema.empty_table())
    try:
        publish_warehouse(lake, settings, afresh=True)
    except Exception as error:
        problems.append(f"the warehouse was removed: {in_words(error, 'publishing it')}")
        settings.warehouse.unlink(missing_ok=True)
    return problems


def _forgotten(lake: Lake, provider: str) -> set[str]:
    return {row["recording_id"] for row in lake.read(FORGOTTEN).to_pylist() if row["provider"] == provider}


def _erase_transcripts(lake: Lake, provider: str, recording_id: str) -> None:
    """Words, turns and payloads together with their headers, in one step for readers. Call with WRITE_LOCK held."""
    mine = (pc.field("provider") == provider) & (pc.field("recording_id") == recording_id)
    if lake.open(TRANSCRIPTS.name) is None:
        return

    def change(name: str, base: int) -> int:
        return lake.remove(TABLES[name], mine, _bounds(recording_id), base=base)

    gone = lake.read(TRANSCRIPTS, filters=mine)
    change_pinned(lake, PINNED, change, gone=gone)


def _bounds(recording_id: str) -> dict[str, tuple[str, str]]:
    return {"recording_id": (recording_id, recording_id)}


def _where(table: Table, provider: str, recording_id: str) -> Any:
    """The rows of a recording in one table, as an Arrow expression.

    None where the table has none of its vendor, or is the list of erasures.
    """
    names = table.schema.names
    if table is FORGOTTEN:
        return None
    if table is VENDOR_REQUESTS:
        columns = ["vendor_id", "subject"]
    else:
        columns = [name for name in ("recording_id", VENDORS[provider].id_column) if name in names]
    if not columns:
        return None
    found: list[Any] = [pc.field(name) == recording_id for name in columns]
    if table is VENDOR_REQUESTS:
        # Translations carry the language behind the id: 'DT2ePNvJ/es', 'DT2ePNvJ into es'.
        found += [pc.starts_with(pc.field(name), recording_id + mark) for name in columns for mark in ("/", " into ")]
    where = reduce(or_, (pc.coalesce(each, pa.scalar(False)) for each in found))
    return (pc.field("provider") == provider) & where if "provider" in names else where


def _rows_of(lake: Lake, table: Table, provider: str, recording_id: str) -> int:
    where = _where(table, provider, recording_id)
    if where is None:
        return 0
    return int(lake.read(table, [table.key[0]], where).num_rows)
