"""What a look at a vendor brings back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "appeared", "completed", "failed", "blocked", "ended", "edited", "returned", "gone", "missing", "retried", "told"
]
"""`ended`: left the vendor's lists of unfinished work, how is for the run to find. `missing`: completed, and its
transcript is not in the lake. `retried`: a transcript that failed is due again. `told`: a webhook said so."""


@dataclass(frozen=True)
class News:
    """One recording the lake is behind on.

    Attributes:
        state: what exactly is new, as text; the same text twice is the same news.
    """

    id: str
    kind: Kind
    state: str


@dataclass
class Findings:
    """What one look came to.

    Attributes:
        news: by recording; the first found of a recording counts.
        open: recordings the lake holds as unfinished.
        unseen: of those, the ones this look could say nothing about.
        calls: calls made to the vendor.
        cut_short: why the look ended before it had seen all it had to; None when it did not.
        waiting: failed transcripts whose next try is not due.
        last_looked_up: the last id asked for by itself; the next look goes on behind it.
        working: open ids now in the vendor's lists of unfinished work.
    """

    news: dict[str, News] = field(default_factory=dict)
    open: int = 0
    unseen: set[str] = field(default_factory=set)
    calls: int = 0
    cut_short: str | None = None
    waiting: int = 0
    last_looked_up: str = ""
    working: set[str] = field(default_factory=set)

    def add(self, news: News) -> None:
        self.news.setdefault(news.id, news)


class Budget:
    """Time a look may take, on a clock that tests may replace."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds

    @property
    def is_spent(self) -> bool:
        return self._clock() >= self._until


def rotated(ids: Iterable[str], after: str, most: int) -> list[str]:
    """At most `most` of `ids` in order, starting behind `after` and going round."""
    ordered = sorted(ids)
    start = next((place for place, id_ in enumerate(ordered) if id_ > after), 0)
    return (ordered[start:] + ordered[:start])[:most]
