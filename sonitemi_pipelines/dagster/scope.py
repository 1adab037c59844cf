"""What a run looks at, as a resource whose fields the launchpad shows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, create_model

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.sync.scope import Scope, translation_from
from sonitemi_pipelines.vendors import VENDORS


class _Scope(dg.ConfigurableResource):
    """Limits a run. Leave everything at its default to fetch whatever is missing or changed."""

    since: str | None = Field(
        default=None, description="Only transcripts of recordings created on or after this day, such as 2026-01-31."
    )
    until: str | None = Field(default=None, description="Only transcripts of recordings created before this day.")
    refetch: bool = Field(default=False, description="Fetch transcripts again even if the lake has them.")
    reread_days: int = Field(
        default=0,
        description="Re-read transcripts created or changed in this many days, to find edits that no list shows.",
    )

    def scope(self, provider: str) -> Scope:
        """Raises:
        SettingsError: `since` or `until` is not a day, or a translation is not ID/LANGUAGE.
        """
        ids = getattr(self, _ids(provider), None)
        return Scope(
            ids=None if ids is None else frozenset(ids),
            since=_day("since", self.since),
            until=_day("until", self.until),
            refetch=self.refetch,
            reread_days=self.reread_days,
            translations=frozenset(map(translation_from, getattr(self, _translations(provider), ()))),
        )


def _ids(provider: str) -> str:
    return f"{provider}_ids"


def _translations(provider: str) -> str:
    return f"{provider}_translations"


def _fields() -> dict[str, Any]:
    """The fields of each vendor: `<vendor>_ids`, and `<vendor>_translations` where it has such."""
    found: dict[str, Any] = {}
    for vendor in VENDORS.values():
        only = f"Only these {vendor.label} recordings, by {vendor.recording} id. [] for none."
        found[_ids(vendor.name)] = (list[str] | None, Field(default=None, description=only))
        if vendor.translates:
            made = f"Also load these translations, made elsewhere: {vendor.recording} id/language, such as DT2ePNvJ/es."
            found[_translations(vendor.name)] = (list[str], Field(default=[], description=made))
    return found


if TYPE_CHECKING:
    ScopeResource = _Scope
else:
    ScopeResource = create_model("ScopeResource", __base__=_Scope, __module__=__name__, **_fields())
    ScopeResource.__doc__ = _Scope.__doc__


def _day(name: str, text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{name}={text} is not a day such as 2026-01-31") from error
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
