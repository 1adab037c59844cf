"""The table of transcripts that could not be ingested: what failed, why, since when, how often."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import SYNC_FAILURES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.lists import Row
from sonitemi_pipelines.sync.rows import OF_A_LIST
from sonitemi_pipelines.sync.transcripts import Ingestion, Wanted

Key = tuple[str, str]


def open_failures(lake: Lake, provider: str) -> dict[Key, Row]:
    """(recording_id, variant) -> row of the transcripts of a vendor that are still missing."""
    rows = lake.read(SYNC_FAILURES, filters=pc.field("provider") == provider).to_pylist()
    return {(row["recording_id"], row["variant"]): row for row in rows if not row["variant"].startswith(OF_A_LIST)}


def settle_failures(lake: Lake, wanted: list[Wanted], ingestion: Ingestion, *, everything: bool) -> None:
    """Bring `sync_failures` to what this run saw: failed ones counted up, those that arrived removed.

    Args:
        everything: the run looked at the whole account, so what it did not want (its recording was deleted, say) is
            removed as well.
    """
    before = open_failures(lake, ingestion.provider)
    now = utc_now()
    rows: dict[Key, Row] = {}
    for failure in ingestion.failed:
        key = (failure.recording_id, failure.variant)
        known = before.get(key)
        rows[key] = {
            "provider": failure.provider,
            "recording_id": failure.recording_id,
            "variant": failure.variant,
            "reason": failure.reason,
            "first_failed_at": known["first_failed_at"] if known else now,
            "last_failed_at": now,
            "attempts": (known["attempts"] if known else 0) + 1,
        }
    tried = {(item.source.recording_id, item.source.variant) for item in wanted}
    ended = {key for key in before if key not in rows and (everything or key in tried)}
    if rows or ended:
        keys = [{"provider": ingestion.provider, "recording_id": id_, "variant": variant} for id_, variant in ended]
        found = SYNC_FAILURES.from_rows(rows.values())
        named = list(SYNC_FAILURES.key)
        lake.put(SYNC_FAILURES, found, pa.concat_tables([found, SYNC_FAILURES.from_rows(keys)]).select(named))
