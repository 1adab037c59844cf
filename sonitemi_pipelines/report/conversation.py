"""What the warehouse knows of one conversation."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any

UNKNOWN_SPEAKER = "Unknown speaker"
MAIN_LANES = 8
"""Lanes of the charts; when there are more speakers, those who spoke least share the last."""


@dataclass(frozen=True, eq=False)
class Speaker:
    """One row of `speaker_stats`, with the lane the charts give it: 1 to MAIN_LANES, 0 for the shared one."""

    name: str | None
    lane: int
    stats: dict[str, Any]

    @property
    def label(self) -> str:
        return self.name or UNKNOWN_SPEAKER

    @property
    def colour(self) -> int:
        """Number of the colour: 0 is the neutral one, for those who share a lane and for nobody known."""
        return self.lane if self.name else 0


@dataclass(frozen=True)
class Paragraph:
    """A stretch of a turn of talk: final text of the vendor's turns in it, and its start in ms (None when untimed)."""

    start_ms: int | None
    text: str


@dataclass(frozen=True)
class Turn:
    """A turn of talk, as `joined_turns` defines it; times in ms, both None when no part is timed."""

    index: int
    speaker: Speaker
    start_ms: int | None
    end_ms: int | None
    paragraphs: tuple[Paragraph, ...]

    @property
    def is_drawn(self) -> bool:
        """Whether it has a place in time, and so in the charts."""
        return self.start_ms is not None and self.end_ms is not None and self.end_ms >= self.start_ms


@dataclass(frozen=True)
class Interruption:
    """A row of `turn_transitions` of kind interruption; times in ms."""

    turn_index: int
    interrupter: Speaker
    interrupted: Speaker
    at_ms: int
    overlap_ms: int


@dataclass(frozen=True)
class Stretch:
    """A silence or an overlap, between (or of) two speakers; times in ms."""

    start_ms: int
    end_ms: int
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Minute:
    """A row of `speech_rate_timeline`: speaking time in ms, and the rate where enough was said to give one."""

    speaking_ms: int
    words: int
    speech_rate_wpm: float | None


@dataclass(frozen=True)
class Term:
    """A row of `terms`; `first_ms` is None when untimed."""

    n: int
    term: str
    occurrences: int
    first_ms: int | None


@dataclass(frozen=True)
class Conversation:
    """One transcript variant, as the marts measure it.

    Attributes:
        header: the row of `transcripts` with what `recordings` adds: name, url, created_at.
        stats: the row of `conversation_stats`; empty when there is none.
        quality: the row of `transcript_quality`; empty when there is none.
        speakers: those who spoke longest first.
        minutes: (minute of the media, speaker's name) -> what was said in it.
        interruption_counts: rows of `interruptions`, most frequent first.
    """

    header: dict[str, Any]
    stats: dict[str, Any]
    quality: dict[str, Any]
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    silences: tuple[Stretch, ...]
    overlaps: tuple[Stretch, ...]
    interruptions: tuple[Interruption, ...]
    interruption_counts: tuple[dict[str, Any], ...]
    minutes: dict[tuple[int, str | None], Minute]
    terms: tuple[Term, ...]

    @cached_property
    def length_ms(self) -> int:
        """Where the charts end: the last turn's end, or the media's when that is later; 0 when nothing is timed."""
        ends = [turn.end_ms or 0 for turn in self.turns if turn.is_drawn]
        return max(*ends, self.stats.get("media_ms") or 0) if ends else 0

    @cached_property
    def _starts(self) -> list[tuple[int, int]]:
        return sorted((turn.start_ms or 0, turn.index) for turn in self.turns if turn.is_drawn)

    def turn_at(self, ms: int | None) -> int | None:
        """Index of the turn of talk that began last at `ms` or before; None when there is none."""
        if ms is None:
            return None
        place = bisect_right(self._starts, (ms, len(self.turns)))
        return self._starts[place - 1][1] if place else None

    @cached_property
    def _first_turns(self) -> dict[tuple[int, str | None], int]:
        found: dict[tuple[int, str | None], int] = {}
        for turn in self.turns:
            if turn.start_ms is not None and turn.is_drawn:
                for minute in range(turn.start_ms // 60_000, (turn.end_ms or 0) // 60_000 + 1):
                    found.setdefault((minute, turn.speaker.name), turn.index)
        return found

    def first_turn_in(self, minute: int, speaker: Speaker) -> int | None:
        """Index of a speaker's first turn of talk that reaches into a minute; None when there is none."""
        return self._first_turns.get((minute, speaker.name))
