"""Whether the lake still has what its warehouse shows: one that was restored, or lost its last commits, has not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.warehouse.tables import Shown


def rewound(lake: Lake, shown: Mapping[str, Shown], names: Collection[str]) -> list[str]:
    """Tables that the warehouse shows at a version which the lake no longer has, or has with other files.

    Of tables that cannot be read nothing is said here.

    Args:
        shown: by the warehouse, looked at before the lake: whoever writes beside this makes the lake newer.
    """
    return [name for name in names if name in shown and shown[name].version >= 0 and not _has(lake, name, shown[name])]


def _has(lake: Lake, name: str, shown: Shown) -> bool:
    try:
        newest = lake.newest(name)
        if newest is None:
            return False
        if lake.content_of(name, newest.version()) == shown.content:
            return True
        return shown.version <= newest.version() and lake.content_of(name, shown.version) == shown.content
    except LakeError:
        # It is damaged, or its log was cleaned up since.
        return True
