"""Both vendors, the lake with its warehouse, and the scope of a run, as Dagster resources."""

from __future__ import annotations

import datetime as dt
import os

import dagster as dg
from pydantic import Field

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope, translation_from


class SonixResource(dg.ConfigurableResource):
    """The Sonix account behind SONIX_API_KEY."""

    api_key: str = Field(default="", repr=False, description="From my.sonix.ai/api; empty: SONIX_API_KEY.")
    base_url: str = Field(default="", description="Base URL of the API; empty: SONIX_BASE_URL.")

    def client(self) -> SonixClient | None:
        """The client, None when there is no key and Sonix is skipped."""
        settings = _settings(SONIX_API_KEY=self.api_key, SONIX_BASE_URL=self.base_url)
        return SonixClient.from_settings(settings) if settings.vendor("sonix").api_key else None


class TemiResource(dg.ConfigurableResource):
    """The Temi account behind TEMI_API_KEY."""

    api_key: str = Field(default="", repr=False, description="From Temi's developer page; empty: TEMI_API_KEY.")
    base_url: str = Field(default="", description="Base URL of the API; empty: TEMI_BASE_URL.")

    def client(self) -> TemiClient | None:
        """The client, None when there is no key and Temi is skipped."""
        settings = _settings(TEMI_API_KEY=self.api_key, TEMI_BASE_URL=self.base_url)
        return TemiClient.from_settings(settings) if settings.vendor("temi").api_key else None


class LakeResource(dg.ConfigurableResource):
    """The Delta lake and the DuckDB warehouse that SONITEMI_HOME and SONITEMI_WAREHOUSE point to."""

    def settings(self) -> Settings:
        return Settings.from_env()

    def lake(self) -> Lake:
        return Lake.from_settings(self.settings())


class ScopeResource(dg.ConfigurableResource):
    """What a run looks at. Leave everything empty for the usual run: fetch what is missing or changed."""

    sonix_ids: list[str] | None = Field(default=None, description="Only these Sonix media; [] for none of Sonix.")
    temi_ids: list[str] | None = Field(default=None, description="Only these Temi jobs; [] for none of Temi.")
    sonix_translations: list[str] = Field(
        default=[], description="Sonix translations made elsewhere to take in: MEDIA_ID/LANGUAGE, such as DT2ePNvJ/es."
    )
    since: str | None = Field(default=None, description="Transcripts of recordings created from this day, 2026-01-31.")
    until: str | None = Field(default=None, description="Transcripts of recordings created before this day.")
    refetch: bool = Field(default=False, description="Fetch transcripts again although the lake has them.")
    reread_days: int = Field(default=0, description="Re-read Sonix transcripts created or changed so many days back.")

    def scope(self, provider: str) -> Scope:
        """Raises:
        SettingsError: `since` or `until` is not a day, or a translation is not MEDIA_ID/LANGUAGE.
        """
        ids = self.sonix_ids if provider == "sonix" else self.temi_ids
        return Scope(
            ids=None if ids is None else frozenset(ids),
            since=_day("since", self.since),
            until=_day("until", self.until),
            refetch=self.refetch,
            reread_days=self.reread_days,
            translations=frozenset(map(translation_from, self.sonix_translations)),
        )


def _settings(**given: str) -> Settings:
    """The environment with what a resource was given in its place, checked alike."""
    return Settings.from_env({**os.environ, **{name: text for name, text in given.items() if text.strip()}})


def _day(name: str, text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{name}={text} is not a day such as 2026-01-31") from error
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _from_env(name: str) -> str | dg.EnvVar:
    """An EnvVar that is not set fails the run; a vendor without a key is skipped instead."""
    return dg.EnvVar(name) if os.environ.get(name) else ""


RESOURCES = {
    "sonix": SonixResource(api_key=_from_env("SONIX_API_KEY"), base_url=_from_env("SONIX_BASE_URL")),
    "temi": TemiResource(api_key=_from_env("TEMI_API_KEY"), base_url=_from_env("TEMI_BASE_URL")),
    "lake": LakeResource(),
    "scope": ScopeResource.configure_at_launch(),
}
