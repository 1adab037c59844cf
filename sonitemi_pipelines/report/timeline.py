"""The chart of who spoke when: strips of time one below the other, a lane for each speaker."""

from __future__ import annotations

from dataclasses import dataclass

import svg
from markupsafe import Markup

from sonitemi_pipelines.report.axis import TimeAxis, clock
from sonitemi_pipelines.report.conversation import Conversation, Speaker, Stretch, Turn
from sonitemi_pipelines.report.drawing import GUTTER, RIGHT, chart, shortened, text, title

_STRIP_MINUTES = (5, 10, 15, 20, 30)
_STRIPS = 6
_LANE = 22.0
_BAR = 12.0
_MARKS = 16.0
_FOOT = 18.0


@dataclass(frozen=True)
class Strip:
    """One strip: its span in ms, its drawing, and who spoke how long within it (label -> ms), for those who read."""

    start_ms: int
    end_ms: int
    drawing: Markup
    speaking_ms: dict[str, int]
    silence_ms: int


def timeline(conversation: Conversation) -> list[Strip]:
    """Who spoke when; empty when nothing is timed. Long conversations get more strips, of 30 minutes at most."""
    return [_strip(conversation, start_ms, end_ms) for start_ms, end_ms in strip_spans(conversation.length_ms)]


def shortest_silence_ms(length_ms: int) -> int:
    """Shortest silence the chart marks, wide enough to be seen: half a second on a strip of 5 minutes."""
    start, end = strip_spans(length_ms)[0]
    return max(250, (end - start) // 600)


def strip_spans(length_ms: int) -> list[tuple[int, int]]:
    """Cut a length into strips: one up to 5 minutes, at most six below 3 hours, half an hour each beyond."""
    if length_ms <= 0:
        return []
    if length_ms <= _STRIP_MINUTES[0] * 60_000:
        # The last moment itself belongs to the strip.
        return [(0, length_ms + 1)]
    minutes = next((m for m in _STRIP_MINUTES if length_ms < _STRIPS * m * 60_000), _STRIP_MINUTES[-1])
    return [(start, start + minutes * 60_000) for start in range(0, length_ms + 1, minutes * 60_000)]


def lanes(speakers: tuple[Speaker, ...]) -> list[tuple[int, str]]:
    """Lane numbers and labels from top to bottom; speakers beyond the main ones share lane 0."""
    named = [(speaker.lane, speaker.label) for speaker in speakers if speaker.lane]
    others = sum(1 for speaker in speakers if not speaker.lane)
    return [*named, (0, f"{others} others")] if others else named


def _turn_link(turn: Turn, shapes: list[svg.Element], *, first: bool) -> svg.A:
    """A turn in the chart: a link to the transcript; the part drawn first is where the transcript links back to."""
    return svg.A(
        href=f"#t{turn.index}",
        id=f"c{turn.index}" if first else None,
        class_=["turn", f"s{turn.speaker.colour}"],
        data={"turn": turn.index},
        tabindex=-1,
        elements=shapes,
    )


def _strip(conversation: Conversation, start_ms: int, end_ms: int) -> Strip:
    axis = TimeAxis(start_ms, end_ms, GUTTER, RIGHT)
    rows = lanes(conversation.speakers)
    tops = {lane: _LANE * row + _LANE - _BAR for row, (lane, _) in enumerate(rows)}
    floor = _LANE * len(rows) + 6
    shown = [t for t in conversation.turns if t.is_drawn and axis.shows(t.start_ms or 0, t.end_ms or 0)]
    elements: list[svg.Element] = []
    for tick in axis.ticks():
        x = axis.x(tick)
        elements.append(svg.Line(x1=x, x2=x, y1=4, y2=floor + _MARKS, class_=["grid"]))
        elements.append(text(clock(tick), x=x, y=floor + _MARKS + 14, class_=["tick"], anchor="middle"))
    for lane, label in rows:
        y = tops[lane] + _BAR / 2
        elements.append(svg.Line(x1=GUTTER, x2=RIGHT, y1=y, y2=y, class_=["rail"]))
        elements.append(text(shortened(label), x=GUTTER - 10, y=y + 4, class_=["lane"], anchor="end"))
    elements.append(text("nobody / several", x=GUTTER - 10, y=floor + 11, class_=["lane", "small"], anchor="end"))
    elements += _stretches(axis, conversation.silences, "silence", floor, shortest_silence_ms(conversation.length_ms))
    elements += _stretches(axis, conversation.overlaps, "overlap", floor, 0)
    for turn in shown:
        elements.append(_bar(axis, turn, tops[turn.speaker.lane]))
    for interruption in conversation.interruptions:
        if axis.start_ms <= interruption.at_ms < axis.end_ms:
            lane = interruption.interrupter.lane
            elements.append(_interruption(axis.x(interruption.at_ms), tops[lane], interruption.turn_index))
    spoken = _speaking(conversation, axis)
    silence = sum(_within(axis, silence.start_ms, silence.end_ms) for silence in conversation.silences)
    told = "; ".join(f"{label} {clock(ms)}" for label, ms in spoken.items() if ms) or "nobody"
    label = f"Who spoke from {clock(start_ms)} to {clock(end_ms)}, by speaking time: {told}"
    drawing = chart(elements, height=floor + _MARKS + _FOOT, label=label, class_="timeline")
    return Strip(start_ms, end_ms, drawing, spoken, silence)


def _bar(axis: TimeAxis, turn: Turn, top: float) -> svg.A:
    start, end = turn.start_ms or 0, turn.end_ms or 0
    left, right = axis.x(start), axis.x(end)
    bar = svg.Rect(x=left, y=top, width=round(max(right - left, 1.2), 2), height=_BAR, rx=1.5)
    tip = title(f"{turn.speaker.label}, {clock(start)} to {clock(end)}")
    return _turn_link(turn, [tip, bar], first=start >= axis.start_ms)


def _interruption(x: float, top: float, index: int) -> svg.A:
    mark = svg.Path(d=[svg.M(x - 4, top - 8), svg.h(8), svg.l(-4, 6.5), svg.Z()], class_=["interruption"])
    return svg.A(href=f"#t{index}", tabindex=-1, elements=[title("Interruption"), mark])


def _stretches(
    axis: TimeAxis, stretches: tuple[Stretch, ...], name: str, top: float, shortest_ms: int
) -> list[svg.Element]:
    # One path for all of a strip: hours of talk have thousands of them.
    steps: list[svg.PathData] = []
    for stretch in stretches:
        if stretch.end_ms - stretch.start_ms >= shortest_ms and axis.shows(stretch.start_ms, stretch.end_ms):
            left, right = axis.x(stretch.start_ms), axis.x(stretch.end_ms)
            height = _MARKS - 6
            steps += [svg.M(left, top + 2), svg.H(max(right, left + 1)), svg.v(height), svg.H(left), svg.Z()]
    return [svg.Path(d=steps, class_=[name])] if steps else []


def _within(axis: TimeAxis, start_ms: int, end_ms: int) -> int:
    return max(0, min(end_ms, axis.end_ms) - max(start_ms, axis.start_ms))


def _speaking(conversation: Conversation, axis: TimeAxis) -> dict[str, int]:
    # Strips are cut at whole minutes, so the minutes of speech_rate_timeline add up to them.
    minutes = range(axis.start_ms // 60_000, -(-axis.end_ms // 60_000))
    return {
        speaker.label: sum(
            found.speaking_ms for minute in minutes if (found := conversation.minutes.get((minute, speaker.name)))
        )
        for speaker in conversation.speakers
    }
