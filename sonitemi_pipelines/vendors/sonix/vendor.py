"""Sonix, declared."""

from __future__ import annotations

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.sonix.statuses import MEDIA
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.vendor_parts import selects_beside
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.lists import ListChange
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix import lists, shares, tasks
from sonitemi_pipelines.vendors.sonix.hints import HOOKS
from sonitemi_pipelines.vendors.sonix.paid import OPERATIONS, SonixSubmitter
from sonitemi_pipelines.vendors.sonix.parse import take_apart
from sonitemi_pipelines.vendors.sonix.poll import SonixLooker
from sonitemi_pipelines.vendors.sonix.poll_tasks import SonixTaskLooker
from sonitemi_pipelines.vendors.sonix.tables import (
    SONIX_BATCH_SUMMARIES,
    SONIX_FOLDERS,
    SONIX_MEDIA,
    SONIX_SHARES,
    SONIX_SUMMARIES,
    SONIX_TRANSLATIONS,
    SONIX_USERS,
    TABLES,
)
from sonitemi_pipelines.vendors.sonix.tasks import TaskChange
from sonitemi_pipelines.vendors.vendor import ListStep, Vendor


def _folders(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> ListChange:
    return lists.sync_folders(lake, client, other_account=settings.other_account)


def _media(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> ListChange:
    return lists.sync_media(lake, client, scope, in_flight=settings.in_flight, other_account=settings.other_account)


def _users(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> ListChange:
    return lists.sync_users(lake, client)


def _shares(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> ListChange:
    return shares.sync_shares(lake, client, scope, in_flight=settings.in_flight)


def _translations(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> TaskChange:
    return tasks.refresh_translations(lake, client, scope.translations)


def _batch_summaries(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> TaskChange:
    return tasks.sync_batch_summaries(lake, client, in_flight=settings.in_flight)


def _summaries(lake: Lake, client: SonixClient, scope: Scope, settings: Settings) -> TaskChange:
    return tasks.sync_summaries(lake, client)


def _status_of(client: SonixClient, media_id: str) -> str:
    return client.media.get(media_id).status or ""


def _probe(client: SonixClient) -> str:
    return f"{len(client.users.list())} users"


SONIX = Vendor(
    name="sonix",
    label="Sonix",
    recording="media",
    tables=TABLES,
    list_table=SONIX_MEDIA,
    steps=(
        ListStep(SONIX_FOLDERS, _folders, feeds_transcripts=True, for_ids=False),
        ListStep(SONIX_MEDIA, _media, deps=(SONIX_FOLDERS,), feeds_transcripts=True, hours=2),
        ListStep(SONIX_USERS, _users, for_ids=False),
        ListStep(SONIX_SHARES, _shares, deps=(SONIX_MEDIA,), for_ids=False),
        ListStep(SONIX_TRANSLATIONS, _translations, deps=(SONIX_MEDIA,), feeds_transcripts=True),
        ListStep(SONIX_BATCH_SUMMARIES, _batch_summaries, deps=(SONIX_FOLDERS, TRANSCRIPTS), after_transcripts=True),
        ListStep(SONIX_SUMMARIES, _summaries, deps=(SONIX_BATCH_SUMMARIES, TRANSCRIPTS), after_transcripts=True),
    ),
    statuses=MEDIA,
    selects=selects_beside(__file__),
    connect=SonixClient.from_settings,
    probe=_probe,
    status_of=_status_of,
    wanted=lists.wanted_transcripts,
    fetch=lists.fetch_transcript,
    take_apart=take_apart,
    looker=SonixLooker,
    task_looker=SonixTaskLooker,
    submitter=SonixSubmitter,
    operations=OPERATIONS,
    hooks=HOOKS,
    translates=True,
)
