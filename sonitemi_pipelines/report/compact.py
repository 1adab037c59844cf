"""Charts of a few kilobytes for places that show an image only, such as Dagster's run page.

Their colours read on light and on dark. Speakers stand as letters, the one who spoke longest first: what keeps such an
image (an event log) is not erased by `sonitemi forget`, so that no name and no word may be in it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import svg

from sonitemi_pipelines.report.axis import TimeAxis, clock

COLOURS = ("#4a90d9", "#d9783a", "#3f9e6b", "#9575d6", "#1f9aa5", "#8a94a0")
_GREY = "#8a94a0"
_WIDTH = 640.0
_LEFT = 26.0
_RIGHT = _WIDTH - 22
_TEXT = {"font-family": "sans-serif"}
MOST_SPANS = 300
"""Most spans drawn; the shortest are left out first."""
MOST_COLUMNS = 40


def speaker_timeline(spans: Sequence[tuple[int, int, int]]) -> str | None:
    """Who spoke when, as an SVG document; None when there is no span.

    Args:
        spans: (speaker's rank from 0, start_ms, end_ms); ranks beyond the colours share the last row.
    """
    if not spans:
        return None
    axis = TimeAxis(0, max(end for _, _, end in spans), _LEFT, _RIGHT)
    longest = sorted(spans, key=lambda span: span[1] - span[2])[:MOST_SPANS]
    rows = min(len(COLOURS), max(rank for rank, _, _ in spans) + 1)
    elements = _frame(axis, rows, row_height=18)
    for row in range(rows):
        path: list[svg.PathData] = []
        for rank, start, end in longest:
            if min(rank, rows - 1) == row:
                left = round(axis.x(start), 1)
                path += [svg.M(left, 18 * row + 4), svg.H(round(max(axis.x(end), left + 1), 1)), svg.v(10)]
                path += [svg.H(left), svg.Z()]
        if path:
            elements.append(svg.Path(d=path, fill=COLOURS[row]))
    return _document(elements, 18 * rows + 22)


def rate_over_time(minutes: Sequence[tuple[int, int, int, int]]) -> str | None:
    """Words per minute over the conversation, as an SVG document; None when there is nothing to draw.

    Args:
        minutes: (speaker's rank from 0, minute of the media, words, speaking time in ms) where a rate is given. Ranks
            with a colour are drawn; long conversations get columns of several minutes.
    """
    drawn = [said for said in minutes if said[0] < len(COLOURS) and said[3] > 0]
    if not drawn:
        return None
    last = max(minute for _, minute, _, _ in drawn) + 1
    each = -(-last // MOST_COLUMNS)
    rates = _rates(drawn, each)
    top = max(rates.values())
    rows = max(rank for rank, _ in rates) + 1
    axis = TimeAxis(0, -(-last // each) * each * 60_000, _LEFT, _RIGHT)
    elements = _frame(axis, rows, row_height=34)
    width = round(axis.x(each * 60_000) - axis.x(0) - 1, 1)
    for row in range(rows):
        bottom = 34 * row + 32
        path: list[svg.PathData] = []
        for (rank, column), rate in rates.items():
            if rank == row:
                height = round(26 * rate / top, 1) if top else 0
                path += [svg.M(round(axis.x(column * each * 60_000), 1), bottom), svg.v(-height), svg.h(width)]
                path += [svg.v(height), svg.Z()]
        if path:
            elements.append(svg.Path(d=path, fill=COLOURS[row]))
    elements.append(_label(f"highest column: {top:.0f} words per minute", _RIGHT, 34 * rows + 30, "end"))
    return _document(elements, 34 * rows + 36)


def _rates(minutes: Sequence[tuple[int, int, int, int]], each: int) -> dict[tuple[int, int], float]:
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for rank, minute, words, speaking_ms in minutes:
        before = sums.get((rank, minute // each), (0, 0))
        sums[rank, minute // each] = (before[0] + words, before[1] + speaking_ms)
    return {key: words * 60_000 / speaking_ms for key, (words, speaking_ms) in sums.items()}


def as_markdown(document: str, text: str) -> str:
    """An SVG document as a Markdown image with a text alternative; `text` must be plain words."""
    return f"![{text}](data:image/svg+xml;base64,{base64.b64encode(document.encode()).decode()})"


def letter(rank: int) -> str:
    """What stands for the speaker of a rank: A to Z, then a number."""
    return chr(ord("A") + rank) if rank < 26 else str(rank + 1)


def _frame(axis: TimeAxis, rows: int, *, row_height: int) -> list[svg.Element]:
    foot = row_height * rows + 2
    elements: list[svg.Element] = []
    for tick in axis.ticks(8):
        x = round(axis.x(tick), 1)
        elements.append(svg.Line(x1=x, x2=x, y1=2, y2=foot, stroke=_GREY, stroke_opacity=0.35))
        elements.append(_label(clock(tick), x, foot + 14, "middle"))
    for row in range(rows):
        elements.append(_label(letter(row), 12, row_height * row + row_height / 2 + 4, "middle"))
    return elements


def _label(content: str, x: float, y: float, anchor: str) -> svg.Text:
    return svg.Text(text=content, x=x, y=y, fill=_GREY, font_size=11, extra={"text-anchor": anchor, **_TEXT})


def _document(elements: list[svg.Element], height: float) -> str:
    return str(svg.SVG(width=_WIDTH, height=height, viewBox=svg.ViewBoxSpec(0, 0, _WIDTH, height), elements=elements))
