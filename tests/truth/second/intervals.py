"""Every measure of time computed a second time: pyannote.core for intervals, plain loops for the floor.

It starts from the lake's words and turns and follows the headers of `sql/marts`, not their SQL.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from pyannote.core import Annotation, Segment, Timeline

from sonitemi_pipelines.lake.record import Transcript
from tests.parsed import spoken_words

PAUSE, LAPSE, LATCH, INTERRUPTION = 250, 2000, 120, 200
BRIEF_MS, BRIEF_WORDS, RESUME = 1000, 3, 1000
LONGEST_WORD, LONGEST_MEDIA, SLACK = 600_000, 86_400_000, 1000

CLOSING = "\"'‘’‚“”«»‹›״)]}）］」』｣】》〉〕 \u00a0\u202f\u2009\u200e\u200f"
STATING = ".!…。．｡！।॥۔։።။។‼"
ASKING = "?？؟⸮\u037e፧꘏⁇⁈⁉‽﹖"

Speaker = str | None


@dataclass
class Token:
    index: int
    turn: int
    speaker: Speaker
    words: int
    text: str
    start: int | None
    end: int | None
    hides: bool
    unit: Unit | None = None
    span_start: int | None = None


@dataclass
class Unit:
    speaker: Speaker
    start: int
    end: int
    estimated: bool = False
    tokens: list[Token] = field(default_factory=list)

    @property
    def words(self) -> int:
        return sum(token.words for token in self.tokens)

    @property
    def timed(self) -> list[Token]:
        return [token for token in self.tokens if token.start is not None]

    @property
    def timed_words(self) -> int:
        return sum(token.words for token in self.timed)

    @property
    def phonation_ms(self) -> int:
        return sum((token.end or 0) - (token.start or 0) for token in self.timed)

    @property
    def in_time(self) -> list[Token]:
        return sorted(self.tokens, key=lambda token: (place(token), token.index))


@dataclass
class Run:
    units: list[Unit]
    stretch: int
    hidden: bool
    back_channel: bool = False
    takes_floor: bool = True
    holder: int | None = None
    sliver: bool = False

    @property
    def speaker(self) -> Speaker:
        return self.units[0].speaker

    @property
    def start(self) -> int:
        return self.units[0].start

    @property
    def end(self) -> int:
        return max(unit.end for unit in self.units)

    @property
    def tokens(self) -> list[Token]:
        own = [token for unit in self.units for token in unit.tokens]
        return sorted(own, key=lambda token: (place(token), token.index))

    @property
    def words(self) -> int:
        return sum(unit.words for unit in self.units)


@dataclass
class Talk:
    """A turn of talk; `runs` is empty when nothing of it is timed.

    Attributes:
        lost: the vendor's turns without a time that go with it.
        place: where it stands among the others: timed ones by their first run, untimed ones behind one of these.
    """

    speaker: Speaker
    runs: list[Run]
    words: int
    lost: list[int] = field(default_factory=list)
    place: tuple[int, int] = (0, 0)

    @property
    def units(self) -> list[Unit]:
        return [unit for run in self.runs for unit in run.units]

    @property
    def start(self) -> int | None:
        return self.runs[0].start if self.runs else None

    @property
    def end(self) -> int | None:
        return max((run.end for run in self.runs), default=None)

    @property
    def back_channel(self) -> bool:
        return any(run.back_channel for run in self.runs)

    @property
    def takes_floor(self) -> bool:
        return any(run.takes_floor for run in self.runs)

    @property
    def is_sliver(self) -> bool:
        return bool(self.runs) and all(run.sliver for run in self.runs)


def place(token: Token) -> int:
    """Where in time a token goes: its start, or that of the timed token of its turn that it goes with."""
    if token.start is not None:
        return token.start
    assert token.unit is not None
    own = [t for t in token.unit.tokens if t.turn == token.turn and t.start is not None]
    before = [t for t in own if t.index < token.index]
    if before:
        start = max(before, key=lambda t: t.index).start
    elif own:
        start = min(own, key=lambda t: t.index).start
    else:
        start = token.span_start
    assert start is not None
    return start


class Second:
    """One transcript measured anew."""

    def __init__(self, transcript: Transcript, acknowledgements: set[str] | None, language: str | None = None) -> None:
        """`acknowledgements`: those of the language; None when it has no list."""
        self.acknowledgements, self.language = acknowledgements, language
        self.turns = transcript.turns.to_pylist()
        self.all_tokens = transcript.words.to_pylist()
        self.terms_at: dict[int, list[str]] = defaultdict(list)
        for row in spoken_words(transcript).to_pylist():
            self.terms_at[row["word_index"]].append(row["term"])
        duration = transcript.transcripts["duration_ms"][0].as_py()
        self.limit = duration if duration and duration > 0 else LONGEST_MEDIA
        given = [(row["start_ms"], row["end_ms"]) for row in self.all_tokens if row["kind"] == "word"]
        ends = [end for start, end in given if start is not None and end is not None and start < end]
        if sum(end > self.limit + SLACK for end in ends) > len(ends) / 2:
            self.limit = LONGEST_MEDIA
        self.tokens = [self._token(row) for row in self.all_tokens if row["kind"] == "word"]
        self.by_turn: dict[int, list[Token]] = defaultdict(list)
        for token in self.tokens:
            self.by_turn[token.turn].append(token)
        self.spans = self._spans()
        self.units = self._units()
        self.shows_overlap, self.transfers, self.abutting, self.overlapping = self._evidence()
        self.speech = Annotation()
        for number, unit in enumerate(self.units):
            self.speech[Segment(unit.start, unit.end), number] = unit.speaker or ""
        self.anybody = self.speech.get_timeline().support()
        self.hidden = self._hidden()
        self.runs = self._runs()
        self._judge()
        self.talk = self._talk()

    def _token(self, row: dict[str, Any]) -> Token:
        start, end = row["start_ms"], row["end_ms"]
        given = start is not None and end is not None
        fits = (
            given
            and 0 <= start < end
            and start < self.limit
            and end <= self.limit + SLACK
            and end - start <= LONGEST_WORD * max(row["word_count"], 1)
        )
        moment = given and start == end and 0 < start <= self.limit
        return Token(
            row["word_index"],
            row["turn_index"],
            row["speaker"],
            row["word_count"],
            row["text"],
            start if fits else None,
            min(end, self.limit) if fits else None,
            not fits and not moment,
        )

    def _spans(self) -> list[Unit]:
        """The vendor's spans that stand in for turns without timed words."""
        found = []
        for index, own in self.by_turn.items():
            words = sum(token.words for token in own)
            row = self.turns[index]
            start, end = row["start_ms"], row["end_ms"]
            if not words or any(token.start is not None for token in own) or start is None or end is None:
                continue
            if 0 <= start < end and start < self.limit and end - start <= LONGEST_WORD * words:
                found.append(Unit(row["speaker"], start, min(end, self.limit), True, list(own)))
        return found

    def _units(self) -> list[Unit]:
        found = []
        spans = self.spans
        for speaker in {token.speaker for token in self.tokens}:
            timed = [t for t in self.tokens if t.speaker == speaker and t.start is not None]
            own_spans = [span for span in spans if span.speaker == speaker]
            pieces = Timeline([Segment(t.start, t.end) for t in timed] + [Segment(s.start, s.end) for s in own_spans])
            for segment in pieces.support(collar=PAUSE - 1):
                unit = Unit(speaker, int(segment.start), int(segment.end))
                unit.tokens = [t for t in timed if unit.start <= (t.start or 0) < unit.end]
                for span in own_spans:
                    if unit.start <= span.start < unit.end:
                        unit.estimated = True
                        unit.tokens += span.tokens
                    for token in span.tokens:
                        token.span_start = span.start
                for token in unit.tokens:
                    token.unit = unit
                found.append(unit)
        for own in self.by_turn.values():
            last: Unit | None = next((token.unit for token in own if token.unit is not None), None)
            for token in own:
                if token.unit is None and last is not None:
                    token.unit = last
                    last.tokens.append(token)
                last = token.unit
        return sorted(found, key=lambda u: (u.start, -u.end, u.speaker is None, u.speaker or ""))

    def _evidence(self) -> tuple[bool, int, int, int]:
        timed = sorted((t for t in self.tokens if t.start is not None), key=lambda t: (t.start, -(t.end or 0), t.index))
        latest, offsets = 0, []
        for i, token in enumerate(timed):
            if i and token.speaker != timed[i - 1].speaker:
                offsets.append((token.start or 0) - latest)
            latest = max(latest, token.end or 0)
        abutting = sum(abs(offset) <= 10 for offset in offsets)
        negative = sum(offset < -10 for offset in offsets)
        artefact = len(offsets) >= 10 and abutting >= 0.5 * len(offsets) and negative <= 0.01 * len(offsets)
        return not artefact, len(offsets), abutting, negative

    def _hidden(self) -> Timeline:
        """Where words without a known time may have been said."""
        found = Timeline()
        gaps = list(self.anybody.gaps())
        listed = sorted(self.by_turn)

        def bounds(index: int) -> tuple[int, int] | None:
            timed = [t for t in self.by_turn[index] if t.start is not None]
            spans = [t.unit for t in self.by_turn[index] if not timed and t.unit is not None]
            if timed:
                return min(t.start or 0 for t in timed), max(t.end or 0 for t in timed)
            row = self.turns[index]
            return (row["start_ms"], min(row["end_ms"], self.limit)) if spans else None

        def add(before: int | None, after: int | None) -> None:
            if before is not None and after is not None:
                if before < after:
                    found.add(Segment(before, after))
                return
            for gap in gaps:
                if (before is not None and gap.start == before) or (after is not None and gap.end == after):
                    found.add(gap)

        for place, index in enumerate(listed):
            own = self.by_turn[index]
            if not any(token.hides for token in own):
                continue
            if bounds(index) is None:
                known = [bounds(i) for i in listed[:place]]
                behind = [bounds(i) for i in listed[place + 1 :]]
                add(
                    next((b[1] for b in reversed(known) if b is not None), None),
                    next((b[0] for b in behind if b is not None), None),
                )
            elif any(token.start is not None for token in own):
                for i, token in enumerate(own):
                    if token.hides:
                        ends = [t.end for t in own[:i] if t.end is not None]
                        starts = [t.start for t in own[i + 1 :] if t.start is not None]
                        add(max(ends, default=None), min(starts, default=None))
        return found

    def is_hidden(self, start: int, end: int) -> bool:
        return any(stretch.start < end and stretch.end > start for stretch in self.hidden)

    def _runs(self) -> list[Run]:
        found: list[Run] = []
        latest: int | None = None
        stretch = 0
        for unit in self.units:
            silent = latest is not None and unit.start > latest
            hidden = latest is not None and silent and self.is_hidden(latest, unit.start)
            lapse = latest is not None and not hidden and unit.start - latest >= LAPSE
            stretch += lapse
            joins = bool(found) and found[-1].speaker == unit.speaker and not lapse
            if joins:
                own_end = found[-1].units[-1].end
                assert latest is not None
                if latest > own_end and (unit.start >= latest or unit.start - own_end >= LAPSE):
                    joins = False
            if joins:
                found[-1].units.append(unit)
            else:
                found.append(Run([unit], stretch, hidden))
            latest = max(latest or 0, unit.end)
        return found

    def asks(self, last: int) -> bool:
        """Whether a question ends with a token and the punctuation that comes behind it by itself; it may be closed."""
        text = self.all_tokens[last]["text"]
        for row in self.all_tokens[last + 1 : last + 3]:
            if row["kind"] != "punct" or row["turn_index"] != self.all_tokens[last]["turn_index"]:
                break
            text += row["text"]
        ending = text.rstrip(CLOSING + STATING)
        return ending.endswith((*ASKING, *(";" if self.language == "el" else ""))) or "՞" in ending.split(" ")[-1]

    def _acknowledges(self, run: Run) -> bool:
        if self.acknowledgements is None:
            return True
        terms = [term for token in run.tokens for term in self.terms_at.get(token.index, [])]

        def listed(rest: list[str]) -> bool:
            return not rest or any(
                " ".join(rest[:n]) in (self.acknowledgements or ()) and listed(rest[n:])
                for n in range(1, len(rest) + 1)
            )

        return 0 < len(terms) <= BRIEF_WORDS and listed(terms)

    def _judge(self) -> None:
        """Which runs are back-channels, and who holds the floor when each begins."""
        runs = self.runs

        def latest(among: list[int]) -> int | None:
            return max(among, key=lambda j: (runs[j].end, j), default=None)

        def brief(i: int) -> bool:
            spoken = sum(unit.end - unit.start for unit in runs[i].units)
            return spoken <= BRIEF_MS and 0 < runs[i].words <= BRIEF_WORDS

        def within(i: int) -> bool:
            shown = self.shows_overlap or self._acknowledges(runs[i])
            return shown and any(run.end >= runs[i].end for run in runs[:i])

        def is_followed(i: int) -> bool:
            if not 0 < i < len(runs) - 1:
                return False
            same_stretch = runs[i - 1].stretch == runs[i].stretch == runs[i + 1].stretch
            return (
                same_stretch
                and runs[i + 1].start - runs[i].end <= RESUME
                and not self.asks(runs[i - 1].tokens[-1].index)
            )

        def in_the_clear(i: int) -> bool:
            return is_followed(i) and self._acknowledges(runs[i])

        candidate = [brief(i) and (within(i) or in_the_clear(i)) for i in range(len(runs))]
        eligible = []
        for i, run in enumerate(runs):
            holder = latest([j for j in range(i) if not candidate[j]])
            eligible.append(candidate[i] and holder is not None and runs[holder].speaker != run.speaker)
        for i, run in enumerate(runs):
            holder = latest([j for j in range(i) if not eligible[j]])
            successor = next((j for j in range(i + 1, len(runs)) if not eligible[j]), None)
            if not eligible[i] or holder is None or runs[holder].speaker == run.speaker:
                continue
            goes_on = (
                successor is not None
                and runs[successor].speaker == runs[holder].speaker
                and runs[successor].stretch == run.stretch == runs[holder].stretch
            )
            run.back_channel = (within(i) and run.end <= runs[holder].end) or (in_the_clear(i) and goes_on)
        holders = [latest([j for j in range(i) if not runs[j].back_channel]) for i in range(len(runs))]
        for run, holder in zip(runs, holders, strict=True):
            # Judged by somebody who in the end had lost the floor to its own speaker.
            run.back_channel = run.back_channel and (holder is None or runs[holder].speaker != run.speaker)
        for i, run in enumerate(runs):
            run.holder = latest([j for j in range(i) if not runs[j].back_channel])
            run.takes_floor = not run.back_channel and (run.holder is None or run.end > runs[run.holder].end)
            slips = brief(i) and not run.back_channel and not self._acknowledges(run) and is_followed(i)
            run.sliver = slips and runs[i - 1].speaker == runs[i + 1].speaker != run.speaker

    def _talk(self) -> list[Talk]:
        """Turns of talk that are timed, in order of time; those without a time behind them, with words of both."""
        found: list[Talk] = []
        floor: Talk | None = None
        for run in self.runs:
            if (
                run.takes_floor
                and floor is not None
                and floor.speaker == run.speaker
                and floor.runs[-1].stretch == run.stretch
            ):
                floor.runs.append(run)
                floor.words += run.words
                continue
            talk = Talk(run.speaker, [run], run.words)
            found.append(talk)
            if run.takes_floor:
                floor = talk
        return found + self._untimed_talk(found)

    def _untimed_talk(self, timed: list[Talk]) -> list[Talk]:
        listed = [i for i in sorted(self.by_turn) if sum(t.words for t in self.by_turn[i])]
        groups: list[list[int]] = []
        for index in listed:
            if groups and self.turns[groups[-1][-1]]["speaker"] == self.turns[index]["speaker"]:
                groups[-1].append(index)
            else:
                groups.append([index])
        of_unit = {id(unit): talk for talk in timed for unit in talk.units}
        for number, talk in enumerate(timed):
            talk.place = (number, 0)

        def talk_of(index: int, *, last: bool) -> Talk:
            token = (max if last else min)(self.by_turn[index], key=place)
            return of_unit[id(token.unit)]

        found = []
        behind = -1
        for number, group in enumerate(groups, start=1):
            has_time = [i for i in group if any(t.unit is not None for t in self.by_turn[i])]
            lost = [i for i in group if i not in has_time]
            if not has_time:
                words = sum(t.words for i in lost for t in self.by_turn[i])
                found.append(Talk(self.turns[group[0]]["speaker"], [], words, lost, (behind, number)))
                continue
            for i in lost:
                before = [j for j in has_time if j < i]
                talk = talk_of(before[-1], last=True) if before else talk_of(has_time[0], last=False)
                talk.words += sum(t.words for t in self.by_turn[i])
                talk.lost.append(i)
            behind = talk_of(has_time[-1], last=True).place[0]
        return found
