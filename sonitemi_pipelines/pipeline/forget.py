"""`sonitemi forget`: erase one recording from lake, marts, warehouse and webhook inbox, old versions included."""

from __future__ import annotations

from datetime import timedelta

import duckdb

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.maintenance import vacuum
from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.scan import create_view
from sonitemi_pipelines.lake.schemas import FORGOTTEN, TABLES, TRANSCRIPTS, VENDOR_REQUESTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK, pin_newest, publish_versions, roll_back_unfinished
from sonitemi_pipelines.marts import load_marts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import fetch_lock, publish_warehouse
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.webhooks.inbox import Inbox, existing_inbox


def forget(settings: Settings, provider: str, recording_id: str) -> dict[str, int]:
    """Erase a recording for good; returns the rows deleted by table.

    Its id alone is kept, in `forgotten`, so that no sync brings it back; what the vendor has of it is deleted at the
    vendor. Readers that still hold the warehouse of before lose the words and turns of every recording whose files
    are rewritten, so open it anew after.

    Raises:
        LakeError: nothing is known of this recording, or a sync of this vendor does not end.
    """
    lake = Lake.from_settings(settings)
    with lake.lock(fetch_lock(provider)), lake.lock(WRITE_LOCK):
        roll_back_unfinished(lake)
        if recording_id in _forgotten(lake, provider):
            deleted = {}
        else:
            deleted = {name: rows for name in TABLES if (rows := _rows_of(lake, TABLES[name], provider, recording_id))}
            if not deleted:
                raise LakeError(f"the lake knows no {provider} recording {recording_id}; check the id, case included")
            row = {"provider": provider, "recording_id": recording_id, "forgotten_at": utc_now()}
            lake.append(FORGOTTEN, FORGOTTEN.from_rows([row]))
        for name, table in TABLES.items():
            where = _where(table, provider, recording_id)
            if where is not None and lake.open(name) is not None:
                lake.replace(table, table.schema.empty_table(), where)
                if name in PINNED or table is TRANSCRIPTS:
                    publish_versions(lake)
        refresh(lake, settings=settings)
        publish_warehouse(lake, settings, afresh=True)
        for table in [*TABLES.values(), *(mart.table for mart in load_marts().values())]:
            vacuum(lake, table, timedelta(0))
        pin_newest(lake)
    path = existing_inbox()
    if path is not None:
        with Inbox(path) as inbox:
            inbox.forget(provider, recording_id)
    return deleted


def _forgotten(lake: Lake, provider: str) -> set[str]:
    return {row["recording_id"] for row in lake.read(FORGOTTEN).to_pylist() if row["provider"] == provider}


def _where(table: Table, provider: str, recording_id: str) -> str | None:
    """The rows of a recording in one table; None where the table has none of its vendor, or is the list of erasures."""
    names = table.schema.names
    if table is FORGOTTEN:
        return None
    if table is VENDOR_REQUESTS:
        columns = ["vendor_id", "subject"]
    else:
        columns = [name for name in ("recording_id", VENDORS[provider].id_column) if name in names]
    if not columns:
        return None
    found = " OR ".join(f"{name} = {literal(recording_id)}" for name in columns)
    if table is VENDOR_REQUESTS:
        # Translations carry the language behind the id: 'DT2ePNvJ/es', 'DT2ePNvJ into es'.
        found += "".join(
            f" OR substr({name}, 1, {len(recording_id) + len(mark)}) = {literal(recording_id + mark)}"
            for name in columns
            for mark in ("/", " into ")
        )
    return f"provider = {literal(provider)} AND ({found})" if "provider" in names else found


def _rows_of(lake: Lake, table: Table, provider: str, recording_id: str) -> int:
    where = _where(table, provider, recording_id)
    if where is None:
        return 0
    with duckdb.connect() as connection:
        create_view(connection, lake, table, lake.snapshot([table.name]).get(table.name), name="rows_of_table")
        [(rows,)] = connection.execute(f"SELECT count(*) FROM rows_of_table WHERE {where}").fetchall()
    return int(rows)
