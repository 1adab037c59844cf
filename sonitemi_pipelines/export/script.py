"""One transcript as files of other formats need it: turns of words, each with its place in time where it has one."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PAUSE_MS = 250
"""Silence within one speaker's words that parts two stretches of speech, as in the marts."""

_LETTER_MS = 60
"""About what a letter takes in conversation."""

_SLOW_LETTER_MS = 200
"""What it takes at most: the rest of a longer gap is silence."""

_BEYOND_MS = 5_000
"""Vendors round lengths; what ends later than this after the media's end was not heard in it."""


@dataclass(frozen=True)
class Word:
    """A run of signs without white space in it, put together of a vendor's tokens or a part of one.

    Attributes:
        start_ms, end_ms: of the tokens it is made of; what shares one has a share of it by letters. None when untimed.
        spaced: whether white space stands before it in the text.
        struck: whether all of it was struck through by an editor.
    """

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    spaced: bool = True
    struck: bool = False

    @property
    def span(self) -> tuple[int, int] | None:
        """Start and end in ms; None when untimed."""
        return None if self.start_ms is None or self.end_ms is None else (self.start_ms, self.end_ms)


@dataclass(frozen=True)
class ScriptTurn:
    """A turn as the vendor cut it; times in ms, None when unknown; `words` include the struck ones."""

    speaker: str | None
    start_ms: int | None
    end_ms: int | None
    words: tuple[Word, ...]

    @property
    def span(self) -> tuple[int, int] | None:
        """From its first timed word to the last end of one, else the vendor's span; None when nothing is timed."""
        spans = [word.span for word in self.words if word.span is not None]
        if spans:
            return min(start for start, _ in spans), max(end for _, end in spans)
        if self.start_ms is None or self.end_ms is None or not 0 <= self.start_ms < self.end_ms:
            return None
        return self.start_ms, self.end_ms


@dataclass(frozen=True)
class Script:
    """One transcript variant.

    Attributes:
        title: the recording's name; its id when it has none.
        duration_ms: length of the media; None when unknown.
        fetched_at: when this revision came, in ISO 8601, UTC.
    """

    provider: str
    recording_id: str
    variant: str
    revision: str
    title: str
    language: str | None
    duration_ms: int | None
    fetched_at: str
    turns: tuple[ScriptTurn, ...]

    @property
    def is_timed(self) -> bool:
        """Whether anything in it has a place in time."""
        return any(turn.span is not None for turn in self.turns)

    def with_struck(self, struck: bool) -> Script:
        """The same with the struck words in it, or without; turns left without words are left out."""
        if struck:
            return self
        kept = [
            dataclasses.replace(turn, words=tuple(word for word in turn.words if not word.struck))
            for turn in self.turns
        ]
        return dataclasses.replace(self, turns=tuple(turn for turn in kept if turn.words))


def joined(words: Sequence[Word]) -> str:
    """The text that words make."""
    return "".join(f" {word.text}" if word.spaced and place else word.text for place, word in enumerate(words))


def words_of(tokens: Sequence[dict[str, Any]], text: str, duration_ms: int | None) -> tuple[Word, ...]:
    """The words of one turn.

    Args:
        tokens: its rows of `words`, in order.
        text: its row's `text`: the tokens that are not struck, with the white space between them.
        duration_ms: length of the media; what lies beyond it has no place in time.
    """
    words: list[Word] = []
    for token, spaced in _spacing(tokens, text):
        pieces = token["text"].split()
        spoken = sum(map(_is_spoken, pieces))
        spans = _shares(pieces, _span_of(token, duration_ms))
        struck = bool(token["struck"])
        for nth, (piece, span) in enumerate(zip(pieces, spans, strict=True)):
            before = words[-1] if words else None
            starts_one = token["kind"] == "tag" or (_is_spoken(piece) and spoken <= (token["word_count"] or 0))
            goes_on = nth == 0 and not spaced and not (starts_one and (before is None or _is_spoken(before.text)))
            if before is not None and goes_on and before.struck == struck:
                words[-1] = _together(before, piece, span)
            else:
                start, end = span or (None, None)
                words.append(Word(piece, start, end, spaced or nth > 0, struck))
    return tuple(words)


def placed(script: Script) -> tuple[ScriptTurn, ...]:
    """The turns with a place in time for every word: what has none is put between its timed neighbours, by letters.

    The neighbours may be of other turns: words at the end of a turn reach to the next that is timed, and those at its
    beginning from the one before, neither more slowly than anybody speaks. Behind everything timed they have as long
    as it takes to say them, within the media.
    """
    found: list[Word] = []
    waiting: list[Word] = []
    floor = 0
    for turn in script.turns:
        if turn.span is None:
            waiting += turn.words
            continue
        low, high = turn.span
        timed = [place for place, word in enumerate(turn.words) if word.span is not None]
        first, behind = (timed[0], timed[-1] + 1) if timed else (0, len(turn.words))
        lead, said, tail = turn.words[:first], turn.words[first:behind], turn.words[behind:]
        opens = (said[0].span or turn.span)[0]
        if turn.start_ms is not None and 0 <= turn.start_ms < low:
            found += _around(floor, waiting, (), turn.start_ms)
            found += _between(lead, turn.start_ms, max(turn.start_ms, opens))
        else:
            found += _around(floor, waiting, lead, opens)
        found += _fill(said, opens, high)
        if turn.end_ms is not None and turn.end_ms > high:
            found += _between(tail, high, turn.end_ms)
            waiting = []
        else:
            waiting = list(tail)
        floor = high
    end = floor + _LETTER_MS * _letters(waiting)
    found += _between(waiting, floor, max(floor, min(end, script.duration_ms or end)))
    words = iter(found)
    return tuple(
        dataclasses.replace(turn, words=tuple(itertools.islice(words, len(turn.words)))) for turn in script.turns
    )


def _around(low: int, after: Sequence[Word], before: Sequence[Word], high: int) -> Iterator[Word]:
    """Words that follow what ends at `low`, and words that precede what starts at `high`."""
    gap, letters = max(0, high - low), _letters(after) + _letters(before)
    shares = [
        min(gap * _letters(words) // max(1, letters), _SLOW_LETTER_MS * _letters(words)) for words in (after, before)
    ]
    yield from _between(after, low, low + shares[0])
    yield from _between(before, high - shares[1], high)


def _letters(words: Sequence[Word]) -> int:
    return sum(len(word.text) for word in words)


def _fill(words: Sequence[Word], low: int, high: int) -> Iterator[Word]:
    waiting: list[Word] = []
    for word in words:
        if word.span is None:
            waiting.append(word)
            continue
        yield from _between(waiting, low, max(low, word.span[0]))
        waiting = []
        yield word
        low = max(low, word.span[1])
    yield from _between(waiting, low, max(low, high))


def _between(words: Sequence[Word], low: int, high: int) -> Iterator[Word]:
    for word, span in zip(words, _shares([word.text for word in words], (low, high)), strict=True):
        start, end = span or (low, high)
        yield dataclasses.replace(word, start_ms=start, end_ms=end)


def _spacing(tokens: Sequence[dict[str, Any]], text: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each token that is not blank, and whether white space stands before it.

    The turn's text tells of those that are not struck. A struck one is set off unless it is punctuation or the rest of
    a word, or the turn shows that its words stand without spaces.
    """
    known: list[tuple[dict[str, Any], bool | None]] = []
    place = 0
    for token in tokens:
        said = token["text"] or ""
        if not said.strip():
            continue
        if token["struck"]:
            known.append((token, None))
            continue
        start = place
        while start < len(text) and text[start].isspace():
            start += 1
        if text.startswith(said, start):
            # Before the first one that stays, struck ones may stand.
            known.append((token, start > place if place else None))
            place = start + len(said)
        else:
            known.append((token, None))
    begins = [
        spaced
        for token, spaced in known
        if spaced is not None and token["word_count"] and _is_spoken(token["text"].strip()[0])
    ]
    apart = not begins or 2 * sum(begins) >= len(begins)
    for token, spaced in known:
        own = token["kind"] == "tag" or bool(token["word_count"])
        yield token, (own and apart) if spaced is None else spaced


def _span_of(token: dict[str, Any], duration_ms: int | None) -> tuple[int, int] | None:
    """Where a token lies; None for what is untimed, has no length, or lies beyond the media."""
    start, end = token["start_ms"], token["end_ms"]
    if start is None or end is None or not 0 <= start < end:
        return None
    if duration_ms and end > duration_ms + _BEYOND_MS:
        return (start, duration_ms) if start < duration_ms else None
    return start, end


def _shares(pieces: Sequence[str], span: tuple[int, int] | None) -> list[tuple[int, int] | None]:
    """A span cut among pieces by their letters."""
    if span is None:
        return [None] * len(pieces)
    start, end = span
    letters = sum(map(len, pieces))
    cuts, so_far = [start], 0
    for piece in pieces:
        so_far += len(piece)
        cuts.append(start + round((end - start) * so_far / letters))
    return list(itertools.pairwise(cuts))


def _together(word: Word, piece: str, span: tuple[int, int] | None) -> Word:
    start, end = word.start_ms, word.end_ms
    if span is not None:
        start = span[0] if start is None else min(start, span[0])
        end = span[1] if end is None else max(end, span[1])
    return dataclasses.replace(word, text=word.text + piece, start_ms=start, end_ms=end)


def _is_spoken(piece: str) -> bool:
    return any(map(str.isalnum, piece))
