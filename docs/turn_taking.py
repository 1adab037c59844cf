"""Draws docs/images/turn_taking.svg: floor transfer offsets of real meetings, as the marts measure them.

    .venv/bin/python docs/turn_taking.py FOLDER

FOLDER holds RTTM files, such as those of the AMI Meeting Corpus (who speaks when, by hand): each run of one speaker's
words becomes one word of a transcript in Sonix's shape. Prints the figures that docs/turn_taking.md quotes.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import statistics
import sys
from pathlib import Path

import pyarrow as pa
import svg

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.marts.compute import connect, put, step
from sonitemi_pipelines.marts.model import Mart, load_steps
from sonitemi_pipelines.parsing.assemble import parse
from sonitemi_pipelines.vendors.sonix.parse import take_apart

IMAGE = Path(__file__).parent / "images" / "turn_taking.svg"
BIN, REACH = 100, 2000
WIDTH, HEIGHT, LEFT, BOTTOM = 760.0, 340.0, 52.0, 290.0
MODES = (0, 200)
"""Where the mode of each of ten languages lies in Stivers et al. 2009, in ms."""
PUBLISHED_MODE = 200
"""Mode of conversation in general, in ms: Heldner and Edlund 2010, Levinson and Torreira 2015."""


def transcript(path: Path) -> Transcript:
    """A meeting, one word for each line of its RTTM."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("SPEAKER")]
    segments = []
    for line in lines:
        start, end = float(line[3]), round(float(line[3]) + float(line[4]), 3)
        word = {"text": "x", "start_time": start, "end_time": end}
        segments.append({"speaker": line[7], "start_time": start, "end_time": end, "words": [word]})
    source = Source("sonix", path.stem, "latest", dt.date(2026, 1, 1), dt.datetime(2026, 1, 1))
    return parse(take_apart, json.dumps({"transcript": segments}).encode(), source)


def offsets(transcripts: list[Transcript]) -> list[int]:
    """Floor transfer offsets (ms) of every change of floor."""
    steps = load_steps()
    wanted: list[Mart] = []

    def want(name: str) -> None:
        for read in steps[name].reads:
            if read in steps:
                want(read)
        if steps[name] not in wanted:
            wanted.append(steps[name])

    want("turn_transitions")
    with connect() as connection:
        for name in ("transcripts", "turns", "words", "split_words"):
            put(connection, name, pa.concat_tables([getattr(each, name) for each in transcripts]))
        for mart in wanted:
            step(mart, connection)
        rows = connection.execute("SELECT offset_ms FROM turn_transitions WHERE takes_floor").fetchall()
    return sorted(row[0] for row in rows if row[0] is not None)


def mode(found: list[int], width: float = 100.0) -> int:
    """Where a Gaussian kernel of that width puts the most of them, to 10 ms."""
    near = [offset for offset in found if abs(offset) <= REACH]
    return max(
        range(-1000, 1001, 10), key=lambda at: sum(math.exp(-(((offset - at) / width) ** 2) / 2) for offset in near)
    )


def draw(found: list[int]) -> str:
    """The histogram, in percent of all changes of floor."""
    counts = {start: sum(start <= offset < start + BIN for offset in found) for start in range(-REACH, REACH, BIN)}
    top = max(counts.values()) / len(found) * 1.4

    def x(ms: float) -> float:
        return round(LEFT + (ms + REACH) / (2 * REACH) * (WIDTH - LEFT - 16), 1)

    def y(share: float) -> float:
        return round(BOTTOM - share / top * (BOTTOM - 24), 1)

    def label(text: str, at_x: float, at_y: float, anchor: str = "middle", weight: str = "normal") -> svg.Text:
        return svg.Text(
            text=text, x=at_x, y=at_y, fill="#555", font_size=12, extra={"text-anchor": anchor, "font-weight": weight}
        )

    band = svg.Rect(x=x(MODES[0]), y=24, width=round(x(MODES[1]) - x(MODES[0]), 1), height=BOTTOM - 24, fill="#f3d9a4")
    elements: list[svg.Element] = [svg.Rect(x=0, y=0, width=WIDTH, height=HEIGHT, fill="#ffffff"), band]
    for percent in range(1, int(100 * top) + 1):
        elements.append(svg.Line(x1=LEFT, x2=WIDTH - 16, y1=y(percent / 100), y2=y(percent / 100), stroke="#e5e5e5"))
        elements.append(label(f"{percent} %", LEFT - 8, y(percent / 100) + 4, "end"))
    for start, count in counts.items():
        height = y(0) - y(count / len(found))
        colour = "#3b6ea5" if start >= 0 else "#9db8d3"
        bar = svg.Rect(
            x=x(start) + 0.5, y=y(count / len(found)), width=x(BIN) - x(0) - 1, height=round(height, 1), fill=colour
        )
        elements.append(bar)
    elements.append(svg.Line(x1=LEFT, x2=WIDTH - 16, y1=BOTTOM, y2=BOTTOM, stroke="#555"))
    for ms in range(-REACH, REACH + 1, 500):
        elements.append(label(f"{ms / 1000:g}" if ms else "0", x(ms), BOTTOM + 18))
    elements.append(label("floor transfer offset, seconds (negative: overlap)", (LEFT + WIDTH) / 2, BOTTOM + 40))
    elements.append(label("shaded: modes of ten languages, Stivers et al. 2009", x(MODES[1]) + 8, 38, "start"))
    elements.append(label(f"here: most near {mode(found)} ms", x(MODES[1]) + 8, 56, "start", "bold"))
    at = x(PUBLISHED_MODE)
    elements.append(svg.Line(x1=at, x2=at, y1=24, y2=BOTTOM, stroke="#b5651d", stroke_width=2, stroke_dasharray=[6, 4]))
    elements.append(label(f"mode published for conversation: near {PUBLISHED_MODE} ms", at + 8, 74, "start"))
    size = svg.ViewBoxSpec(0, 0, WIDTH, HEIGHT)
    said = "Histogram of floor transfer offsets: most lie a little above zero"
    drawn = svg.SVG(
        viewBox=size, elements=elements, extra={"role": "img", "aria-label": said, "font-family": "sans-serif"}
    )
    return str(drawn) + "\n"


def main() -> None:
    paths = sorted(Path(sys.argv[1]).glob("*.rttm"))
    found = offsets([transcript(path) for path in paths])
    IMAGE.write_text(draw(found), encoding="utf-8")
    overlapping = sum(offset < 0 for offset in found) / len(found)
    near = sum(0 <= offset <= 500 for offset in found) / len(found)
    print(f"{len(paths)} meetings, {len(found)} changes of floor; most near {mode(found)} ms, median")
    print(f"{statistics.median(found):g} ms; {overlapping:.0%} overlap, {near:.0%} within half a second behind")


if __name__ == "__main__":
    main()
