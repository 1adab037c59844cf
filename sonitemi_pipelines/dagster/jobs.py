"""The jobs an operator launches and schedules; they select our assets and nobody else's."""

# Annotations stay objects here: @dg.op compares the context's type itself.
import datetime as dt
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from sonitemi_pipelines.dagster.catalog import Catalog
from sonitemi_pipelines.dagster.checks import Checks
from sonitemi_pipelines.dagster.deployment import WAREHOUSE, Deployment
from sonitemi_pipelines.dagster.failures import failures_in_plain_words
from sonitemi_pipelines.dagster.run_state import HOME_TAG, reads_tag
from sonitemi_pipelines.dagster.scope import ScopeResource
from sonitemi_pipelines.lake.maintenance import maintain as maintain_lake
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.webhooks import Inbox, existing_inbox

KEEP_EVENTS = dt.timedelta(days=30)

# With run monitoring on, Dagster ends a run that hangs; without, it would keep its vendor waiting for ever.
_LIMITS = {"dagster/max_runtime": str(6 * 3600)}


def asset_jobs(catalog: Catalog, checks: Checks) -> list[UnresolvedAssetJobDefinition]:
    """sync, reconcile, and balance where a vendor has prepaid credit."""
    deployment, settings = catalog.deployment, catalog.deployment.settings()
    reads = {reads_tag(vendor.name): deployment.home_id for vendor in deployment.vendors}
    everything = _selection(catalog, checks, catalog.asked_for)
    found = [
        dg.define_asset_job(
            deployment.name("sync"),
            selection=everything,
            description="Updates lists, transcripts, summaries, balance, marts and warehouse. Fetches only what is "
            "missing or changed.",
            executor_def=dg.in_process_executor,
            config=_scaffold(deployment, {}),
            tags=tags_of(deployment) | reads,
        ),
        dg.define_asset_job(
            deployment.name("reconcile"),
            selection=everything,
            description="Like sync, but also re-reads recent transcripts, to find edits that no list shows. "
            "Marks deleted and returned recordings, and summaries that are older than their transcript.",
            executor_def=dg.in_process_executor,
            config=_scaffold(deployment, {"reread_days": settings.reread_days}),
            tags=tags_of(deployment) | reads,
        ),
    ]
    balances = [vendor.balance.name for vendor in deployment.vendors if vendor.balance is not None]
    if balances:
        found.append(
            dg.define_asset_job(
                deployment.name("balance"),
                selection=_selection(catalog, checks, [*balances, *catalog.downstream_of(balances[0]), WAREHOUSE]),
                description="Reads the prepaid balance and updates the marts that depend on it.",
                executor_def=dg.in_process_executor,
                tags=tags_of(deployment),
            )
        )
    return found


def _scaffold(deployment: Deployment, given: dict[str, Any]) -> dict[str, Any]:
    """Every field of the scope with its default, so that the launchpad shows what there is to fill in."""
    fields = {name: field.default for name, field in ScopeResource.model_fields.items()}
    return {"resources": {deployment.scope_key: {"config": fields | given}}}


def tags_of(deployment: Deployment) -> dict[str, str]:
    """What every run of ours carries."""
    return {**_LIMITS, HOME_TAG: deployment.home_id}


def _selection(catalog: Catalog, checks: Checks, names: list[str]) -> dg.AssetSelection:
    """These assets with our checks of them: somebody else's check of our table is a run of theirs."""
    assets = dg.AssetSelection.assets(*(catalog.keys[name] for name in names)).without_checks()
    return assets | dg.AssetSelection.checks(*checks.keys_for(names))


def maintain_job(catalog: Catalog) -> dg.JobDefinition:
    """Compaction, publication, vacuum, and the inbox's clean-up."""
    deployment = catalog.deployment

    @dg.op(
        name=deployment.own_name("maintain_tables"),
        description="Compacts, publishes, vacuums and cleans up every lake table.",
    )
    def maintain_tables(context: dg.OpExecutionContext) -> None:
        with failures_in_plain_words():
            store, settings = deployment.lake(), deployment.settings()

            def publish() -> None:
                refresh(store, settings=settings)
                publish_warehouse(store, settings)

            tables = [*TABLES.values(), *(mart.table for mart in catalog.marts.values())]
            retention = dt.timedelta(days=float(deployment.settings().watch.vacuum_days))
            done = maintain_lake(store, tables, retention, publish)
            columns = ("table", "files_before", "files_after", "vacuumed")
            rows = [dg.TableRecord({name: getattr(table, name) for name in columns}) for table in done]
            schema = dg.TableSchema([dg.TableColumn(name) for name in columns])
            context.add_output_metadata({"tables": dg.MetadataValue.table(rows, schema)})
            context.log.info(f"{sum(table.files_before - table.files_after for table in done)} files fewer in use")

    @dg.op(
        name=deployment.own_name("prune_inbox"),
        description="Deletes webhook events that were processed long ago.",
        ins={"after": dg.In(dg.Nothing)},
    )
    def prune_inbox(context: dg.OpExecutionContext) -> None:
        with failures_in_plain_words():
            path = existing_inbox(deployment.settings().webhooks)
            if path is not None:
                with Inbox(path) as inbox:
                    context.log.info(f"{inbox.prune(KEEP_EVENTS)} events forgotten")

    @dg.job(
        name=deployment.name("maintain"),
        description="Compacts the lake, publishes it, then deletes files that have been unused for `vacuum_days`.",
        executor_def=dg.in_process_executor,
        tags=tags_of(deployment),
    )
    def maintain() -> None:
        prune_inbox.alias("prune_inbox")(maintain_tables.alias("maintain_tables")())

    return maintain
