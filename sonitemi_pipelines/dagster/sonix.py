"""Assets of the Sonix account: media, folders, users, summaries, translations."""

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.dagster.vendor_assets import vendor_asset
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix import lists as sonix
from sonitemi_pipelines.vendors.sonix import tasks as summaries
from sonitemi_pipelines.vendors.sonix.tables import (
    SONIX_BATCH_SUMMARIES,
    SONIX_FOLDERS,
    SONIX_MEDIA,
    SONIX_SUMMARIES,
    SONIX_TRANSLATIONS,
    SONIX_USERS,
)


def _folders(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> object:
    return sonix.sync_folders(lake, client)


def _users(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> object:
    return sonix.sync_users(lake, client)


def _media(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> object:
    return sonix.sync_media(lake, client, scope, in_flight=settings.in_flight)


def _translations(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> object:
    return summaries.refresh_translations(lake, client, scope.translations)


def _batch_summaries(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> object:
    return summaries.sync_batch_summaries(lake, client, in_flight=settings.in_flight)


def _summaries(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> object:
    return summaries.sync_summaries(lake, client)


ASSETS = [
    vendor_asset("sonix", SONIX_FOLDERS, [], _folders),
    vendor_asset("sonix", SONIX_USERS, [], _users),
    vendor_asset("sonix", SONIX_MEDIA, ["sonix_folders"], _media),
    vendor_asset("sonix", SONIX_TRANSLATIONS, ["sonix_media"], _translations),
    vendor_asset("sonix", SONIX_BATCH_SUMMARIES, ["sonix_folders", "transcripts"], _batch_summaries),
    vendor_asset("sonix", SONIX_SUMMARIES, ["sonix_batch_summaries", "transcripts"], _summaries),
]
