"""The site's plots: columns and lines over months or weeks, in the page's colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import svg
from markupsafe import Markup

from sonitemi_pipelines.report.drawing import chart, text, title

Value = float | None
_WIDTH = 960.0
_LEFT, _RIGHT = 52.0, 948.0
_TOP, _FOOT = 12.0, 26.0


def columns(
    periods: Sequence[str], series: Mapping[str, Sequence[float]], *, label: str, unit: str, height: float = 220
) -> Markup:
    """A column a period, made of one piece for each series; the first lies at the bottom."""
    totals = [sum(values) for values in zip(*series.values(), strict=True)]
    top, step = _scale(max(totals, default=0.0))
    bottom = height - _FOOT

    def y(value: float) -> float:
        return round(bottom - (bottom - _TOP) * value / top, 2)

    elements = _frame(periods, top, step, y, height, _short)
    width = (_RIGHT - _LEFT) / max(1, len(periods))
    gap = min(6.0, width / 4)
    for place, period in enumerate(periods):
        below = 0.0
        for colour, (name, values) in enumerate(series.items(), start=1):
            if values[place] <= 0:
                continue
            x, high = round(_LEFT + place * width + gap / 2, 2), y(below + values[place])
            rect = svg.Rect(x=x, y=high, width=round(width - gap, 2), height=round(y(below) - high, 2), rx=1)
            tip = title(f"{period}, {name}: {values[place]:,.1f} {unit}")
            elements.append(svg.G(class_=["piece", f"s{colour}"], elements=[tip, rect]))
            below += values[place]
    return chart(elements, height=height, label=label, class_="plot")


def line(periods: Sequence[str], values: Sequence[Value], *, label: str, form: Callable[[float], str]) -> Markup:
    """A line over the periods, broken where a value is not known."""
    height = 150.0
    known = [value for value in values if value is not None]
    top, step = _scale(max(known, default=0.0))
    bottom = height - _FOOT

    def y(value: float) -> float:
        return round(bottom - (bottom - _TOP) * value / top, 2)

    width = (_RIGHT - _LEFT) / max(1, len(periods))
    percent = form(0.0).endswith("%")
    elements = _frame(periods, top, step, y, height, form if percent else _short)
    run: list[str] = []
    runs = [run]
    dots: list[svg.Element] = []
    for place, value in enumerate(values):
        if value is None:
            runs.append(run := [])
            continue
        x = round(_LEFT + (place + 0.5) * width, 2)
        run.append(f"{x},{y(value)}")
        tip = title(f"{periods[place]}: {form(value)}")
        dots.append(svg.G(class_=["dot"], elements=[tip, svg.Circle(cx=x, cy=y(value), r=3)]))
    for points in runs:
        if len(points) > 1:
            elements.append(svg.Polyline(points=" ".join(points), class_=["trend"]))  # type: ignore[arg-type]
    return chart([*elements, *dots], height=height, label=label, class_="plot")


def _frame(
    periods: Sequence[str],
    top: float,
    step: float,
    y: Callable[[float], float],
    height: float,
    form: Callable[[float], str],
) -> list[svg.Element]:
    """Grid and labels of both axes."""
    elements: list[svg.Element] = []
    for number in range(round(top / step) + 1):
        value = number * step
        elements.append(svg.Line(x1=_LEFT, x2=_RIGHT, y1=y(value), y2=y(value), class_=["grid" if number else "axis"]))
        elements.append(text(form(value), x=_LEFT - 8, y=y(value) + 4, class_=["tick"], anchor="end"))
    width = (_RIGHT - _LEFT) / max(1, len(periods))
    every = max(1, math.ceil(70 / width))
    for place in range(0, len(periods), every):
        x = _LEFT + (place + 0.5) * width
        elements.append(text(periods[place], x=x, y=height - 8, class_=["tick"], anchor="middle"))
    return elements


def _short(value: float) -> str:
    return f"{round(value, 6):,g}"


def _scale(most: float) -> tuple[float, float]:
    """A round number at or above `most`, and the step between grid lines: two to five of them."""
    if most <= 0:
        return 1.0, 1.0
    power = 10.0 ** math.floor(math.log10(most))
    step = next(factor * power for factor in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0) if most / (factor * power) <= 4)
    return math.ceil(most / step - 1e-9) * step, step
