"""One asset for one table that mirrors a vendor's account; `sonix.py` and `temi.py` say which tables and how."""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from sonitemi_pipelines.dagster.run_state import skipped_tag
from sonitemi_pipelines.dagster.shared import NO_KEY, RETRY, failures_in_plain_words, spec_of, table_metadata
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope

_SHOWN = 20
BringUpToDate = Callable[[Lake, Any, Scope, Settings], object]
"""Called with (lake, the vendor's client, scope, settings); what it returns is shown as the change,
and its `problems`, if it has any, by the check."""


def vendor_asset(provider: str, table: Table, deps: Sequence[str], work: BringUpToDate) -> dg.AssetsDefinition:
    """The asset of `table`. Without a key the vendor is skipped, and the materialization says so."""

    answered = dg.AssetCheckSpec(
        "everything_answered",
        asset=table.name,
        description="The vendor answered all that was asked for; what it did not is named, and asked for again.",
    )

    @dg.multi_asset(
        name=table.name,
        specs=[spec_of(table, group=provider, kinds={provider, "deltalake"}, deps=list(deps))],
        check_specs=[answered],
        retry_policy=RETRY,
        pool=provider,
        required_resource_keys={provider, "lake", "scope"},
    )
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with failures_in_plain_words():
            client = getattr(context.resources, provider).client()
            if client is None:
                skipped = NO_KEY.format(name=provider.upper())
                context.log.warning(skipped)
                context.instance.add_run_tags(context.run_id, {skipped_tag(provider): "yes"})
                return dg.MaterializeResult(
                    metadata={"skipped": skipped},
                    check_results=[dg.AssetCheckResult(check_name=answered.name, passed=True)],
                )
            lake, settings = context.resources.lake.lake(), context.resources.lake.settings()
            done = work(lake, client, context.resources.scope.scope(provider), settings)
            context.log.info(f"{table.name}: {done}")
            problems = list(getattr(done, "problems", ()))
            for problem in problems[:_SHOWN]:
                context.log.error(problem)
            return dg.MaterializeResult(
                metadata={**table_metadata(lake, table), "change": str(done)},
                check_results=[
                    dg.AssetCheckResult(
                        check_name=answered.name,
                        passed=not problems,
                        metadata={"problems": len(problems), "first": "; ".join(problems[:_SHOWN]) or "none"},
                    )
                ],
            )

    return asset
