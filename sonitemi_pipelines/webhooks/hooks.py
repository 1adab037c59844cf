"""One place a vendor may call: its path, whether it signs, and how its body is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sonitemi_pipelines.webhooks.hints import Hint


@dataclass(frozen=True)
class Hook:
    """A route of the receiver.

    Attributes:
        name: of the route, in the receiver's counters.
        path: without the secret, which an unsigned route has as its last segment.
        read: what a body hints at; raises MalformedBodyError.
        signed: the vendor signs the body with the secret of `<VENDOR>_WEBHOOK_SECRET`.
    """

    provider: str
    name: str
    path: str
    read: Callable[[bytes], Hint]
    signed: bool = False
