"""Time on a horizontal axis: where a moment lies, which ticks to label, how a time is written."""

from __future__ import annotations

from dataclasses import dataclass

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


def clock(ms: int) -> str:
    """A position in the media as people write it: 0:07, 12:03, 1:02:03; fractions of a second are cut off."""
    seconds = ms // 1000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@dataclass(frozen=True)
class TimeAxis:
    """A span of the media, from `start_ms` to `end_ms`, drawn from `left` to `right` (SVG units)."""

    start_ms: int
    end_ms: int
    left: float
    right: float

    def x(self, ms: int) -> float:
        """Where a moment lies; moments beyond the span lie on its edge."""
        part = (min(max(ms, self.start_ms), self.end_ms) - self.start_ms) / max(1, self.end_ms - self.start_ms)
        return round(self.left + part * (self.right - self.left), 2)

    def shows(self, start_ms: int, end_ms: int) -> bool:
        return (start_ms < self.end_ms and end_ms > self.start_ms) or self.start_ms <= start_ms == end_ms < self.end_ms

    def ticks(self, most: int = 10) -> list[int]:
        """Round moments within the span, in ms, `most` at the most."""
        span_s = (self.end_ms - self.start_ms) / 1000
        step = 1000 * next((step for step in _STEPS_S if span_s / step <= most), _STEPS_S[-1])
        first = -(-self.start_ms // step) * step
        return list(range(first, self.end_ms + 1, step))
