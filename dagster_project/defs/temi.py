"""Assets of the Temi account: jobs and balance."""

import dagster as dg

from dagster_project.defs.resources import LakeResource, ScopeResource, TemiResource
from dagster_project.defs.shared import NO_KEY, RETRY, failures_in_plain_words, spec_of, table_metadata
from sonitemi_pipelines.lake.schemas import TEMI_ACCOUNT_BALANCE, TEMI_JOBS
from sonitemi_pipelines.sync import temi as sync_temi

KINDS = {"temi", "deltalake"}


@dg.multi_asset(
    name="temi_jobs", specs=[spec_of(TEMI_JOBS, group="temi", kinds=KINDS)], retry_policy=RETRY, pool="temi"
)
def temi_jobs(
    context: dg.AssetExecutionContext, temi: TemiResource, lake: LakeResource, scope: ScopeResource
) -> dg.MaterializeResult:
    with failures_in_plain_words():
        client = temi.client()
        if client is None:
            context.log.warning(NO_KEY.format(name="TEMI"))
            return dg.MaterializeResult(metadata={"skipped": NO_KEY.format(name="TEMI")})
        store = lake.lake()
        done = sync_temi.sync_jobs(store, client, scope.scope("temi"), in_flight=lake.settings().in_flight)
        context.log.info(f"temi_jobs: {done}")
        return dg.MaterializeResult(metadata={**table_metadata(store, TEMI_JOBS), "change": str(done)})


@dg.multi_asset(
    name="temi_account_balance",
    specs=[spec_of(TEMI_ACCOUNT_BALANCE, group="temi", kinds=KINDS)],
    retry_policy=RETRY,
    pool="temi",
)
def temi_account_balance(
    context: dg.AssetExecutionContext, temi: TemiResource, lake: LakeResource
) -> dg.MaterializeResult:
    with failures_in_plain_words():
        client = temi.client()
        if client is None:
            context.log.warning(NO_KEY.format(name="TEMI"))
            return dg.MaterializeResult(metadata={"skipped": NO_KEY.format(name="TEMI")})
        store = lake.lake()
        account = sync_temi.observe_balance(store, client)
        return dg.MaterializeResult(
            metadata={**table_metadata(store, TEMI_ACCOUNT_BALANCE), "balance": float(account.balance)}
        )


ASSETS = [temi_jobs, temi_account_balance]
