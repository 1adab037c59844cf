"""One look: the vendor against the lake, and the lake against itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sonix.client import SonixClient
from sonitemi_pipelines.temi.client import TemiClient
from sonitemi_pipelines.watch import sonix, temi
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.lake_view import missing_transcripts, versions
from sonitemi_pipelines.watch.news import Budget, Findings

SECONDS = 20.0
"""Budget of a look. With one call over time it stays well under the 60 s that Dagster gives a tick."""

_IMPATIENT: dict[str, Any] = {"connect_timeout": 4.0, "read_timeout": 8.0, "attempts": 2, "longest_pause": 5.0}


def client_for(provider: str, settings: Settings) -> SonixClient | TemiClient | None:
    """A client that gives up soon, since the next look comes anyway; None for a vendor without a key."""
    if provider == "sonix":
        return SonixClient.from_settings(settings, **_IMPATIENT) if settings.sonix_api_key else None
    return TemiClient.from_settings(settings, **_IMPATIENT) if settings.temi_api_key else None


def look(
    lake: Lake, client: SonixClient | TemiClient, cursor: Cursor, now: dt.datetime, budget: Budget | None = None
) -> Findings:
    """Everything the lake is behind on with this vendor, found with few calls.

    Args:
        now: naive UTC.

    Raises:
        ApiError: nothing could be learned.
    """
    budget = budget or Budget(SECONDS)
    if isinstance(client, SonixClient):
        provider, findings = "sonix", sonix.look(lake, client, cursor, budget, now)
    else:
        provider, findings = "temi", temi.look(lake, client, cursor, budget, now)
    # Reading every transcript's header is worth while only after somebody wrote to the lake.
    at = versions(lake, provider)
    if at != cursor.settled:
        missing, findings.waiting = missing_transcripts(lake, provider, now)
        for news in missing:
            findings.add(news)
        cursor.settled = "" if missing or findings.waiting else at
    return findings
