"""What one run of the sync is asked to look at."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sonitemi_pipelines.errors import SettingsError


def translation_from(text: str) -> tuple[str, str]:
    """(media id, language) of 'DT2ePNvJ/es'.

    Raises:
        SettingsError: it is not of that form.
    """
    media_id, slash, language = text.strip().partition("/")
    if not (media_id and slash and language) or "/" in language:
        raise SettingsError(f"{text!r} is not a translation such as DT2ePNvJ/es: the media's id, '/', the language")
    return media_id, language


@dataclass(frozen=True)
class Scope:
    """The default looks at everything and fetches what is missing or changed.

    Attributes:
        ids: look only at these recordings, asked for one by one instead of listed; None lists everything.
        since, until: fetch transcripts only of recordings created from / before these moments (naive UTC).
        refetch: fetch transcripts again although the lake has them, and take them in anew: what repairs a damaged one.
        reread_days: fetch again Sonix transcripts of recordings created or changed within so many days, whose edits
            no list shows; 0 for none.
        translations: Sonix translations to take in, as (media id, language): Sonix lists none, so one that was made
            elsewhere is found only when somebody tells of it.
    """

    ids: frozenset[str] | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    refetch: bool = False
    reread_days: int = 0
    translations: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise SettingsError(
                f"since {self.since:%Y-%m-%d} is not before until {self.until:%Y-%m-%d}: nothing lies between"
            )

    def only(self, ids: Iterable[str]) -> Scope:
        """The same, of these recordings."""
        return dataclasses.replace(self, ids=frozenset(ids))

    @property
    def is_everything(self) -> bool:
        """Whether the whole account is looked at."""
        return self.ids is None and self.since is None and self.until is None

    @property
    def is_nothing(self) -> bool:
        """Whether no recording of this vendor is looked at."""
        return self.ids == frozenset()

    def covers(self, recording_id: str, created_at: dt.datetime | None) -> bool:
        """Whether transcripts of this recording may be fetched."""
        if self.ids is not None and recording_id not in self.ids:
            return False
        if self.since is not None and (created_at is None or created_at < self.since):
            return False
        return self.until is None or (created_at is not None and created_at < self.until)
