"""What `sonitemi doctor` looks at: keys, reachability, lake, warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.errors import SettingsError, SonitemiError
from sonitemi_pipelines.lake.consistency import doubled_transcripts, miscounted_transcripts
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS, WORDS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import check_replaceable, open_warehouse
from sonitemi_pipelines.watch.config import WatchConfig
from sonitemi_pipelines.watch.notify import notifiers

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    subject: str
    ok: bool
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything in turn; what is wrong is a finding, never an exception."""
    if settings.sonix_api_key is None and settings.temi_api_key is None:
        yield Finding("keys", False, "neither SONIX_API_KEY nor TEMI_API_KEY is set")
    try:
        notifiers(WatchConfig.from_env().notify_url)
    except SettingsError as error:
        yield Finding("settings", False, str(error))
    yield from _sonix(settings)
    yield from _temi(settings)
    yield from _lake(settings)
    yield from _warehouse(settings)


def _sonix(settings: Settings) -> Iterator[Finding]:
    if settings.sonix_api_key is None:
        yield Finding("sonix", True, "SONIX_API_KEY is not set: skipped")
        return
    try:
        users = SonixClient.from_settings(settings, attempts=2).users.list()
        yield Finding("sonix", True, f"{settings.sonix_base_url} answers, the key is right, {len(users)} users")
    except SonitemiError as error:
        yield Finding("sonix", False, str(error))


def _temi(settings: Settings) -> Iterator[Finding]:
    if settings.temi_api_key is None:
        yield Finding("temi", True, "TEMI_API_KEY is not set: skipped")
        return
    try:
        account = TemiClient.from_settings(settings, attempts=2).account.get()
        yield Finding(
            "temi", True, f"{settings.temi_base_url} answers, the key is right, balance {account.balance} USD"
        )
    except SonitemiError as error:
        yield Finding("temi", False, str(error))


def _lake(settings: Settings) -> Iterator[Finding]:
    try:
        lake = Lake.from_settings(settings)
        versions = lake.snapshot(list(TABLES))
        counts = {name: sum(file.rows for file in lake.files(name, version)) for name, version in versions.items()}
    except SonitemiError as error:
        yield Finding("lake", False, str(error))
        return
    transcripts, words = counts.get(TRANSCRIPTS.name, 0), counts.get(WORDS.name, 0)
    yield Finding("lake", True, f"{lake.url}: {transcripts} transcripts, {words} words")
    damaged = [*doubled_transcripts(lake), *(name for names in miscounted_transcripts(lake).values() for name in names)]
    if damaged:
        yield Finding(
            "transcripts",
            False,
            f"{', '.join(damaged[:_SHOWN])}: words or turns disagree with the header; run "
            "`sonitemi sync --refetch` with --sonix-id or --temi-id of each",
        )
    missing = counts.get("sync_failures", 0)
    if missing:
        yield Finding(
            "transcripts",
            False,
            f'{missing} could not be ingested, every sync tries again; see `sonitemi query "FROM sync_failures"`',
        )


def _warehouse(settings: Settings) -> Iterator[Finding]:
    path = settings.warehouse
    try:
        check_replaceable(path)
        if not path.exists():
            yield Finding("warehouse", True, f"{path}: not built yet, run `sonitemi sync`")
            return
        with open_warehouse(path) as connection:
            tables = connection.execute("SELECT count(*) FROM information_schema.tables").fetchall()[0][0]
    except SonitemiError as error:
        yield Finding("warehouse", False, str(error))
    else:
        yield Finding("warehouse", True, f"{path}: {tables} tables and views")
