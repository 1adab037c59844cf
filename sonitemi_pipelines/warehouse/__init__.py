"""`warehouse.duckdb`: the lake's tables and marts in one file that analysts open."""

from sonitemi_pipelines.warehouse.publish import (
    PUBLISH_LOCK,
    Publication,
    check_replaceable,
    open_warehouse,
    publish,
)

__all__ = ["PUBLISH_LOCK", "Publication", "check_replaceable", "open_warehouse", "publish"]
