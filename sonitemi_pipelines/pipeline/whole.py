"""Whether the lake is whole: what its tables say of each other, with what the vendors' lists say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.compute as pc

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake import register
from sonitemi_pipelines.lake.consistency import damage, few
from sonitemi_pipelines.lake.migrations import schema_version
from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, TABLES, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.marts import load_marts
from sonitemi_pipelines.marts.runner import reflect_later
from sonitemi_pipelines.vendors import VENDORS, Vendor
from sonitemi_pipelines.warehouse.history import rewound
from sonitemi_pipelines.warehouse.publish import check_same_lake, shown_by
from sonitemi_pipelines.warehouse.tables import Shown


def lake_tables() -> list[Table]:
    """Every table of the lake: what the vendors gave, and the marts it stores."""
    return [*TABLES.values(), *(mart.table for mart in load_marts().values())]


def wrong_with(lake: Lake) -> list[str]:
    """What is lost or doubled in the lake, in lines that each say what mends it; none when it is whole.

    Raises:
        LakeError: a table is lost, or cannot be read at all.
    """
    return damage(lake, lake_tables(), lambda: gone_recordings(lake)) or list(_unlisted(lake))


def rewound_tables(lake: Lake, shown: Mapping[str, Shown]) -> list[str]:
    """Tables of which the lake held more once: the warehouse shows it, or the marts were computed from it. Those that
    the headers pin, and those that the next run finds out again, are told in other ways.
    """
    names = [name for name in TABLES if name not in (*PINNED, *register.FLEETING)]
    found = rewound(lake, shown, names)
    if TRANSCRIPTS.name not in found and reflect_later(lake):
        found.append(TRANSCRIPTS.name)
    return found


def older_than_known(lake: Lake, warehouse: Path, shown: Mapping[str, Shown] | None = None) -> str | None:
    """What to say of a lake that once held more than it does; None of one that did not. Before the next commit only:
    what nobody names any more is left out from there on, and an erasure that is lost would come back.

    Args:
        shown: by the warehouse, if somebody has just looked.
    """
    found = rewound_tables(lake, shown_by(warehouse) if shown is None else shown)
    if not found:
        return None
    return (
        f"{' and '.join(found)} in the lake at {lake.url} held more once, as the warehouse {warehouse} and the marts "
        "tell: the lake was restored, or lost its last commits; run `sonitemi rebuild`, then `sonitemi sync` (if the "
        "warehouse is of another lake, move it away)"
    )


def check_not_older(lake: Lake, warehouse: Path, shown: Mapping[str, Shown] | None = None) -> None:
    """Before anything is committed. Arguments of `older_than_known`.

    Raises:
        LakeError: the lake once held more than it does.
    """
    if older := older_than_known(lake, warehouse, shown):
        raise LakeError(f"nothing was done: {older}")


def check_whole(lake: Lake, warehouse: Path) -> None:
    """Before anything is deleted for good: the lake is whole, and as new as what its warehouse shows. One of an earlier
    release is brought over first.

    Raises:
        LakeError: it is not.
        WarehouseError: it is empty, and the warehouse is of one that was not.
    """
    check_same_lake(lake, warehouse)
    check_not_older(lake, warehouse)
    if schema_version(lake) == LAKE_SCHEMA_VERSION and (wrong := wrong_with(lake)):
        raise LakeError(f"nothing was done: {'; '.join(wrong)}")


def gone_recordings(lake: Lake) -> set[tuple[str, str]]:
    """Provider and id of the recordings that the vendors have deleted."""
    gone = set()
    for vendor in VENDORS.values():
        key = vendor.id_column
        rows = lake.read(vendor.list_table, [key], filters=pc.is_valid(pc.field("deleted_at")))
        gone |= {(vendor.name, str(id_)) for id_ in rows[key].to_pylist()}
    return gone


def unlisted_ids(lake: Lake, vendor: Vendor) -> list[str]:
    """Recordings that have a transcript and do not stand in the list of their vendor, where deleted ones stay."""
    ids = lake.read(TRANSCRIPTS, ["recording_id"], filters=pc.field("provider") == vendor.name)["recording_id"]
    listed = lake.read(vendor.list_table, [vendor.id_column])[vendor.id_column].combine_chunks()
    return sorted({str(id_) for id_ in ids.filter(pc.invert(pc.is_in(ids, listed))).to_pylist()})


def half_listed(lake: Lake) -> set[str]:
    """Lists that lack recordings which have a transcript."""
    return {vendor.list_table.name for vendor in VENDORS.values() if unlisted_ids(lake, vendor)}


def _unlisted(lake: Lake) -> Iterator[str]:
    for vendor in VENDORS.values():
        if ids := unlisted_ids(lake, vendor):
            yield f"{few(ids)}: a transcript and no row in {vendor.list_table.name}; run `sonitemi rebuild`"
