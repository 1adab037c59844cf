"""`sonitemi maintain`: few sorted files instead of many small ones, and none that nobody needs."""

from __future__ import annotations

from datetime import timedelta

from sonitemi_pipelines.lake.maintenance import Maintenance
from sonitemi_pipelines.lake.maintenance import maintain as maintain_lake
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.pipeline.whole import check_whole, lake_tables
from sonitemi_pipelines.settings import Settings


def maintain(settings: Settings, retention: timedelta | None = None) -> list[Maintenance]:
    """Merge small files of every table, publish, then delete what has been out of use for longer than `retention`.

    May run beside a sync. What was done, by table.

    Args:
        retention: a day at least; default: SONITEMI_VACUUM_DAYS.

    Raises:
        SonitemiError: a table or the warehouse cannot be read or written, or the lake is not whole: nothing was done,
            for what no version names may be what mends it.
    """
    lake = Lake.from_settings(settings)
    check_whole(lake, settings.warehouse)

    def publish() -> None:
        refresh(lake, settings=settings)
        publish_warehouse(lake, settings)

    if retention is None:
        retention = timedelta(days=float(settings.watch.vacuum_days))
    return maintain_lake(lake, lake_tables(), retention, publish)
