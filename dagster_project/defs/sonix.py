"""Assets of the Sonix account: media, folders, users, summaries, translations."""

import dagster as dg

from dagster_project.defs.resources import LakeResource, ScopeResource, SonixResource
from dagster_project.defs.shared import NO_KEY, RETRY, failures_in_plain_words, spec_of, table_metadata
from sonitemi_pipelines.lake.schemas import (
    SONIX_BATCH_SUMMARIES,
    SONIX_FOLDERS,
    SONIX_MEDIA,
    SONIX_SUMMARIES,
    SONIX_TRANSLATIONS,
    SONIX_USERS,
    Table,
)
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sonix.client import SonixClient
from sonitemi_pipelines.sync import sonix as sync_sonix
from sonitemi_pipelines.sync import summaries
from sonitemi_pipelines.sync.scope import Scope

KINDS = {"sonix", "deltalake"}


def _sonix_asset(table: Table, deps: list[str], work):  # type: ignore[no-untyped-def]
    """One table of the Sonix account: `work(lake, client, scope, settings)` brings it up to date."""

    @dg.multi_asset(
        name=table.name, specs=[spec_of(table, group="sonix", kinds=KINDS, deps=deps)], retry_policy=RETRY, pool="sonix"
    )
    def asset(
        context: dg.AssetExecutionContext, sonix: SonixResource, lake: LakeResource, scope: ScopeResource
    ) -> dg.MaterializeResult:
        with failures_in_plain_words():
            client = sonix.client()
            if client is None:
                context.log.warning(NO_KEY.format(name="SONIX"))
                return dg.MaterializeResult(metadata={"skipped": NO_KEY.format(name="SONIX")})
            store = lake.lake()
            done = work(store, client, scope.scope("sonix"), lake.settings())
            context.log.info(f"{table.name}: {done}")
            return dg.MaterializeResult(metadata={**table_metadata(store, table), "change": str(done)})

    return asset


def _media(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> object:
    return sync_sonix.sync_media(lake, client, scope, in_flight=settings.in_flight)


def _batch_summaries(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> str:
    rows = summaries.sync_batch_summaries(lake, client, in_flight=settings.in_flight)
    return f"{rows} rows written"


def _summaries(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> str:
    return f"{summaries.refresh_summaries(lake, client)} rows written, {summaries.mark_stale(lake)} found stale"


ASSETS = [
    _sonix_asset(SONIX_FOLDERS, [], lambda lake, client, scope, settings: sync_sonix.sync_folders(lake, client)),
    _sonix_asset(SONIX_USERS, [], lambda lake, client, scope, settings: sync_sonix.sync_users(lake, client)),
    _sonix_asset(SONIX_MEDIA, ["sonix_folders"], _media),
    _sonix_asset(
        SONIX_TRANSLATIONS,
        ["sonix_media"],
        lambda lake, client, scope, settings: f"{summaries.refresh_translations(lake, client)} rows written",
    ),
    _sonix_asset(SONIX_BATCH_SUMMARIES, ["sonix_folders", "transcripts"], _batch_summaries),
    _sonix_asset(SONIX_SUMMARIES, ["sonix_batch_summaries", "transcripts"], _summaries),
]
