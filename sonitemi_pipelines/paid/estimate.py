"""What a request would come to, before anything is sent: how many files, how many minutes, how much money."""

from __future__ import annotations

import contextlib
import math
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sonitemi_pipelines.paid.submit import is_url


@dataclass(frozen=True)
class Estimate:
    """Of a list of media.

    Attributes:
        count: files and URLs.
        minutes: started minutes of those whose length is known.
        unknown: how many have a length that cannot be told from here.
        rate: USD per started minute; None when it is not configured.
    """

    count: int
    minutes: int
    unknown: int
    rate: Decimal | None

    @property
    def cost(self) -> Decimal | None:
        """USD for the minutes that are known; None without a rate."""
        return None if self.rate is None else self.rate * self.minutes

    def __str__(self) -> str:
        length = f"{self.minutes} started minutes"
        if self.unknown:
            length += f" and {self.unknown} of a length not known here"
        cost = "cost not known, no rate is configured" if self.cost is None else f"{self.cost:.2f} USD"
        if self.cost is not None and self.unknown:
            cost += " for the known minutes"
        return f"{self.count} to send, {length}, {cost}; nothing was sent"


def estimate(media: Sequence[str | Path], rate: Decimal | None) -> Estimate:
    """What submitting these files and URLs would come to. Only WAV files say how long they are."""
    lengths = [None if is_url(item) else _seconds(Path(item)) for item in media]
    minutes = sum(max(1, math.ceil(seconds / 60)) for seconds in lengths if seconds is not None)
    return Estimate(len(lengths), minutes, lengths.count(None), rate)


def _seconds(path: Path) -> float | None:
    with contextlib.suppress(wave.Error, EOFError, OSError, ZeroDivisionError), wave.open(str(path), "rb") as sound:
        return sound.getnframes() / sound.getframerate()
    return None
