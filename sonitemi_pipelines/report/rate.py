"""The chart of how fast each speaker speaks, minute by minute: one row of columns a speaker, on one scale."""

from __future__ import annotations

import svg
from markupsafe import Markup

from sonitemi_pipelines.report.axis import TimeAxis, clock
from sonitemi_pipelines.report.conversation import MAIN_LANES, Conversation, Speaker
from sonitemi_pipelines.report.drawing import GUTTER, RIGHT, chart, shortened, text, title

_ROW = 64.0
_PLOT = 48.0
_GRID_WPM = 100


def charted_speakers(conversation: Conversation) -> list[Speaker]:
    """Speakers with a rate in at least one minute, those who spoke longest first, MAIN_LANES at the most."""
    rated = {name for (_, name), minute in conversation.minutes.items() if minute.speech_rate_wpm is not None}
    return [speaker for speaker in conversation.speakers if speaker.name in rated][:MAIN_LANES]


def rate_chart(conversation: Conversation) -> Markup | None:
    """Words per minute over the whole conversation; None when no minute has a rate."""
    speakers = charted_speakers(conversation)
    if not speakers:
        return None
    rates = [m.speech_rate_wpm for m in conversation.minutes.values() if m.speech_rate_wpm is not None]
    top_wpm = max(_GRID_WPM * 2, -(-int(max(rates) + 1) // _GRID_WPM) * _GRID_WPM)
    last = max(minute for minute, _ in conversation.minutes) + 1
    axis = TimeAxis(0, last * 60_000, GUTTER, RIGHT)
    foot = _ROW * len(speakers) + 4
    elements: list[svg.Element] = []
    for tick in axis.ticks():
        x = axis.x(tick)
        elements.append(svg.Line(x1=x, x2=x, y1=4, y2=foot, class_=["grid"]))
        elements.append(text(clock(tick), x=x, y=foot + 14, class_=["tick"], anchor="middle"))
    for row, speaker in enumerate(speakers):
        elements += _row(conversation, speaker, axis, row * _ROW + _ROW - _PLOT, top_wpm)
    means = ", ".join(f"{speaker.label} {_mean(speaker)}" for speaker in speakers)
    label = f"Words per minute of turns of talk, minute by minute. {means}"
    return chart(elements, height=foot + 20, label=label, class_="rate")


def _mean(speaker: Speaker) -> str:
    rate = speaker.stats.get("speech_rate_wpm")
    return "rate not known" if rate is None else f"{rate:.0f} in all"


def _row(conversation: Conversation, speaker: Speaker, axis: TimeAxis, top: float, top_wpm: int) -> list[svg.Element]:
    bottom = top + _PLOT

    def y(wpm: float) -> float:
        return round(bottom - _PLOT * wpm / top_wpm, 2)

    elements: list[svg.Element] = [
        text(shortened(speaker.label), x=GUTTER - 10, y=bottom - _PLOT / 2 + 1, class_=["lane"], anchor="end"),
        text(_mean(speaker), x=GUTTER - 10, y=bottom - _PLOT / 2 + 15, class_=["lane", "small"], anchor="end"),
        svg.Line(x1=GUTTER, x2=RIGHT, y1=bottom, y2=bottom, class_=["axis"]),
    ]
    for wpm in range(_GRID_WPM, top_wpm + 1, _GRID_WPM):
        elements.append(svg.Line(x1=GUTTER, x2=RIGHT, y1=y(wpm), y2=y(wpm), class_=["grid"]))
        elements.append(text(str(wpm), x=RIGHT + 6, y=y(wpm) + 4, class_=["tick"]))
    width = axis.x(60_000) - axis.x(0)
    gap = min(2.0, width / 5)
    for (minute, name), said in conversation.minutes.items():
        if name != speaker.name or said.speech_rate_wpm is None:
            continue
        height = y(0) - y(said.speech_rate_wpm)
        left, top_edge = round(axis.x(minute * 60_000) + gap / 2, 2), y(said.speech_rate_wpm)
        right = round(left + width - gap, 2)
        column = svg.Rect(x=left, y=top_edge, width=round(right - left, 2), height=round(height, 2))
        edge = svg.Line(x1=left, x2=right, y1=top_edge, y2=top_edge)
        tip = title(f"{speaker.label}, minute {minute}: {said.speech_rate_wpm:.0f} words per minute")
        elements.append(_link(conversation, speaker, minute, [tip, column, edge]))
    mean = speaker.stats.get("speech_rate_wpm")
    if mean is not None and mean <= top_wpm:
        elements.append(svg.Line(x1=GUTTER, x2=RIGHT, y1=y(mean), y2=y(mean), class_=["mean"]))
    return elements


def _link(conversation: Conversation, speaker: Speaker, minute: int, shapes: list[svg.Element]) -> svg.Element:
    turn = conversation.first_turn_in(minute, speaker)
    class_ = ["column", f"s{speaker.colour}"]
    if turn is None:
        return svg.G(class_=class_, elements=shapes)
    return svg.A(href=f"#t{turn}", class_=class_, tabindex=-1, elements=shapes)
