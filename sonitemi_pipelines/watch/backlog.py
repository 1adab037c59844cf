"""Recordings an operator has to know of: waiting for long, failed, blocked; from the marts of those names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow.compute as pc

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import load_marts


@dataclass(frozen=True)
class Waiting:
    """A recording that waits for its 'vendor' or for 'ingestion', and hours since it was created."""

    provider: str
    recording_id: str
    waits_for: str
    vendor_status: str | None
    hours: float


def waiting(lake: Lake, now: dt.datetime) -> list[Waiting]:
    """The rows of the mart `backlog` with their age, oldest first. `now` is naive UTC."""
    columns = ["provider", "recording_id", "waits_for", "vendor_status", "created_at", "first_seen_at"]
    found = []
    for row in lake.read(load_marts()["backlog"].table, columns).to_pylist():
        created_at, first_seen_at = row.pop("created_at"), row.pop("first_seen_at")
        found.append(Waiting(**row, hours=(now - (created_at or first_seen_at or now)) / dt.timedelta(hours=1)))
    return sorted(found, key=lambda row: (-row.hours, row.provider, row.recording_id))


def ended_without_transcript(lake: Lake, since: dt.datetime | None = None) -> dict[str, list[str]]:
    """'<vendor> failed' / '<vendor> blocked' -> ids of the recordings at the vendor, newest change first.

    Args:
        since: only those that ended so from then on (naive UTC). What was met so at the first look ended when it was
            made, as far as anybody knows.
    """
    rows = lake.read(
        load_marts()["recordings"].table,
        ["provider", "recording_id", "status", "created_at", "first_seen_at", "changed_at"],
        filters=pc.field("status").isin(["failed", "blocked"]) & pc.field("deleted_at").is_null(),
    ).sort_by([("changed_at", "descending")])
    found: dict[str, list[str]] = {}
    for row in rows.to_pylist():
        met_so = row["changed_at"] == row["first_seen_at"]
        ended_at = (row["created_at"] if met_so else None) or row["changed_at"]
        if since is None or ended_at >= since:
            found.setdefault(f"{row['provider']} {row['status']}", []).append(row["recording_id"])
    return found
