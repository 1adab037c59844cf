"""The tables as assets of one step: whatever fails in it is told at its end, when all else is done."""

# Annotations stay objects here: @dg.multi_asset compares the context's type itself.
from collections.abc import Iterator

import dagster as dg

from sonitemi_pipelines.dagster.catalog import Catalog
from sonitemi_pipelines.dagster.checks import Checks
from sonitemi_pipelines.dagster.failures import failures_in_plain_words


def sync_assets(catalog: Catalog, checks: Checks) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Every asset of a deployment.

    One step makes all that a run makes. With a step for each table, a list that fails would keep everything behind it
    from its step, the other vendor's too, and a table without news would have to be written down as materialized for
    its successors to run.
    """
    deployment = catalog.deployment

    @dg.multi_asset(
        name=deployment.own_name("sync"),
        specs=[catalog.specs[name] for name in catalog.made],
        check_specs=checks.specs,
        can_subset=True,
        required_resource_keys={deployment.scope_key},
    )
    def sync(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        # Here, not at the top: a code location is loaded by many a process that runs nothing.
        from sonitemi_pipelines.dagster.sync_step import SyncStep

        with failures_in_plain_words():
            yield from SyncStep(catalog, checks, context).run()

    return [sync, *(catalog.specs[name] for name in catalog.outside)]
