"""What the charts share: sizes, labels, and text made safe for SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import svg
from markupsafe import Markup, escape

WIDTH = 960.0
GUTTER = 124.0
RIGHT = WIDTH - 44.0
_LABEL_LENGTH = 17


def text(content: str, *, x: float, y: float, class_: list[str], anchor: str | None = None) -> svg.Text:
    """Text in a chart. svg.py writes text as it comes, so it is escaped here."""
    extra = {"text-anchor": anchor} if anchor else None
    return svg.Text(text=str(escape(content)), x=round(x, 2), y=round(y, 2), class_=class_, extra=extra)


def title(content: str) -> svg.Title:
    """What a pointer that rests on an element shows."""
    return svg.Title(text=str(escape(content)))


def shortened(name: str) -> str:
    """A name that fits beside a lane."""
    return name if len(name) <= _LABEL_LENGTH else name[: _LABEL_LENGTH - 1].rstrip() + "…"


def _within(elements: Iterable[svg.Element]) -> Iterator[svg.Element]:
    for element in elements:
        yield element
        yield from _within(element.elements or ())


def chart(elements: list[svg.Element], *, height: float, label: str, class_: str) -> Markup:
    """An SVG that scales with the page, with `label` as its text; one image unless there is something to click."""
    clicked = any(isinstance(element, svg.A) for element in _within(elements))
    drawn = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, height),
        class_=[class_],
        elements=elements,
        extra={"role": "group" if clicked else "img", "aria-label": str(escape(label))},
    )
    return Markup(str(drawn))
