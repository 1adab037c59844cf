"""`warehouse.duckdb`: the lake's tables and marts in one file that analysts open.

Writing is in `warehouse.publish`; whoever only reads does not wait for what only writers need.
"""

from sonitemi_pipelines.warehouse.reading import Warehouse, answers, open_warehouse, unreadable

__all__ = ["Warehouse", "answers", "open_warehouse", "unreadable"]
