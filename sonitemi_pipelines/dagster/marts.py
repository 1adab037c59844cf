"""The marts of `sql/marts` as assets, with lineage down to the column, and the warehouse that people open."""

from collections.abc import Iterator

import dagster as dg

from sonitemi_pipelines.dagster.previews import what_people_see
from sonitemi_pipelines.dagster.resources import LakeResource
from sonitemi_pipelines.dagster.shared import OWNERS, column_schema, failures_in_plain_words, spec_of, table_metadata
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts import Mart, lineage, load_marts, load_views
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.report.preview import newest_conversation

VIEWS = load_views()
MARTS = {**load_marts(), **VIEWS}


def _column_lineage(mart: Mart) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key=table, column_name=source) for table, source in sources]
            for column, sources in lineage(mart).items()
        }
    )


@dg.multi_asset(
    name="marts",
    specs=[
        spec_of(
            mart.table, group="marts", kinds={"sql", "duckdb", "deltalake"}, deps=list(mart.depends_on), skippable=True
        )
        for mart in MARTS.values()
    ],
    can_subset=True,
)
def marts(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult]:
    names = {key.to_user_string() for key in context.selected_asset_keys}
    with failures_in_plain_words():
        store = lake.lake()
        newest = newest_conversation(store)
        for result in refresh(store, marts=names, settings=lake.settings()):
            mart = MARTS[result.name]
            yield dg.MaterializeResult(
                asset_key=result.name,
                metadata={
                    **table_metadata(store, mart.table),
                    **what_people_see(store, mart.table, newest),
                    "dagster/column_lineage": _column_lineage(mart),
                    "transcripts_recomputed": result.transcripts_recomputed,
                    "rebuilt": result.rebuilt,
                    "seconds": round(result.seconds, 3),
                },
            )
        for name in sorted(names.intersection(VIEWS)):
            yield dg.MaterializeResult(
                asset_key=name,
                metadata={
                    "dagster/column_schema": column_schema(VIEWS[name].table),
                    "dagster/column_lineage": _column_lineage(VIEWS[name]),
                    "stored": "nowhere: a view of the warehouse, computed when asked",
                },
            )


@dg.asset(
    deps=[*TABLES, *MARTS],
    group_name="warehouse",
    kinds={"duckdb"},
    owners=OWNERS,
    description="warehouse.duckdb, built beside the old file and swapped in: what analysts open.",
)
def warehouse(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult:
    with failures_in_plain_words():
        publication = publish_warehouse(lake.lake(), lake.settings())
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(str(publication.path)),
            "changed": ", ".join(publication.changed) or "nothing",
            "rows": dg.MetadataValue.json(publication.rows),
        }
    )


ASSETS = [marts, warehouse]
