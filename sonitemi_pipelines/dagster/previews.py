"""What a run shows of each mart that changed: its first rows, and for some a chart of the newest conversation."""

from __future__ import annotations

import dagster as dg

from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.report.preview import NewestConversation, chart_of, first_rows


def what_people_see(lake: Lake, table: Table, newest: NewestConversation | None) -> dict[str, dg.MetadataValue]:
    """Metadata of a materialization: a few kilobytes whatever the table's size."""
    records = [dg.TableRecord(row) for row in first_rows(lake, table)]
    shown: dict[str, dg.MetadataValue] = {}
    if records:
        columns = [dg.TableColumn(field.name, type=_plain(str(field.type))) for field in table.schema]
        shown["preview"] = dg.MetadataValue.table(records, schema=dg.TableSchema(columns))
    chart = chart_of(lake, table.name, newest)
    if chart is not None:
        shown["chart"] = dg.MetadataValue.md(chart)
    return shown


def _plain(arrow: str) -> str:
    """The type as a table of numbers and text needs it; the schema on the asset says it exactly."""
    if arrow.startswith(("int", "uint")):
        return "int"
    return "float" if arrow in ("float", "double") else "string"
