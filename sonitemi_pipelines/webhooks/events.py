"""What the receiver hands to the inbox, what the inbox answers, and what a sensor reads from it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Literal

from sonitemi_pipelines.webhooks.hints import Kind

Receipt = Literal["stored", "duplicate", "replayed"]
"""`duplicate`: repeats an event within the window, as a sender does that missed our answer. `replayed`: a signed event
that was received before that; its sender has no reason to send it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One callback as it came.

    Attributes:
        provider: 'sonix' or 'temi'.
        recording_id: the media or job to look at again; None when the event names none, and then any may have changed.
        kind: why, as far as the body says.
        language: of a finished translation, the language translated to, as far as the body says.
        received_at: naive UTC.
        signed: the vendor's signature over the body was checked.
        body: the bytes as they came. May hold personal data, and Temi's the callback URL with its secret.
    """

    provider: str
    recording_id: str | None
    kind: Kind
    language: str | None = None
    received_at: dt.datetime
    signed: bool = False
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """sha256 of the body, in hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Delivery):
    """A delivery in the inbox. `event_id` grows in the order of arrival and is never used twice."""

    event_id: int
