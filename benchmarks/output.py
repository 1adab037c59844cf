"""The figures as a table, as JSON and as a chart."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.rows import Row


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}


def markdown(rows: Sequence[Row]) -> str:
    """The rows with a target, then those for comparison alone."""
    head = ["| what | ours | against | it | ratio | target | |", "|---|---|---|---|---|---|---|"]
    aimed = [line(row) for row in rows if row.target is not None]
    others = [line(row) for row in rows if row.target is None]
    met = sum(row.met is True for row in rows)
    said = [f"{met} of {len(aimed)} targets met", "", *head, *aimed] if aimed else []
    return "\n".join([*said, *(["", "for comparison", "", *head, *others] if others else [])])


def line(row: Row) -> str:
    other = "-" if row.other is None else f"{row.other:.3g}"
    ratio = "-" if row.other is None else f"{row.ratio:.2f}x"
    target = "-"
    if row.target is not None:
        target = f"{'>=' if row.higher else '<='} {row.target:g}{'' if row.other is None else 'x'}"
    verdict = {True: "met", False: "not met", None: ""}[row.met]
    return f"| {row.what} | {row.ours:.3g} {row.unit} | {row.against} | {other} | {ratio} | {target} | {verdict} |"


def write_json(path: Path, rows: Sequence[Row], about: dict[str, Any]) -> None:
    found = [{**dataclasses.asdict(row), "ratio": row.ratio, "met": row.met} for row in rows]
    path.write_text(json.dumps({**about, "rows": found}, indent=1) + "\n", encoding="utf-8")


_HEIGHT, _LEFT, _WIDTH, _BAR = 30, 250, 760, 16


def chart(rows: Sequence[Row], about: dict[str, Any]) -> str:
    """Words per second of everybody who reads payloads to Parquet, as bars; one SVG that follows light and dark."""
    speeds = [row for row in rows if row.unit == "M words/s" and row.other is not None]
    bars = [("sonitemi_pipelines, five tables", speeds[0].ours, True)] if speeds else []
    bars += [(row.against, row.other or 0.0, False) for row in speeds]
    bars.sort(key=lambda bar: -bar[1])
    most = max((value for _, value, _ in bars), default=1.0)
    height = _HEIGHT * len(bars) + 64
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Million words per second from payload bytes to Parquet">',
        "<style>text{font:13px system-ui,sans-serif;fill:#333}.v{font-weight:600}.n{fill:#777;font-size:12px}"
        ".b{fill:#b9c3cf}.o{fill:#2f6f9f}@media(prefers-color-scheme:dark){text{fill:#ddd}.n{fill:#999}.b{fill:#4b5563}"
        ".o{fill:#6cb2e6}}</style>",
        '<text class="v" x="0" y="16">Million words per second, payload bytes to Parquet</text>',
    ]
    for place, (name, value, ours) in enumerate(bars):
        y = 36 + place * _HEIGHT
        width = (_WIDTH - _LEFT - 60) * value / most
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="{"o" if ours else "b"}" x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2"/>',
            f'<text class="v" x="{_LEFT + width + 8:.1f}" y="{y + 13}">{value:.2f}</text>',
        ]
    note = f"{about['words']:,} words, {about['texts']}; {about['cpus']} CPUs; median of {about['rounds']} rounds"
    parts += [f'<text class="n" x="0" y="{height - 6}">{escape(note)}</text>', "</svg>"]
    return "\n".join(parts) + "\n"


_PANEL, _TALL = 250, 190


def growth_chart(rows: Sequence[Row], about: dict[str, Any]) -> str:
    """How CPU a word and memory go with the size, as lines over million words; one panel each."""
    size = about["words"] / 1e6
    panels: dict[str, dict[str, list[tuple[float, float]]]] = {
        "ingest, CPU-s per million words": _lines(rows, "bytes to the lake", size, "M words/CPU-s"),
        "whole path, CPU-s per million words": _lines(rows, "whole path", size, "CPU-s/M words"),
        "peak of a first sync, MB": {"sonitemi_pipelines": _peaks(rows, size, about["growth"])},
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_PANEL * len(panels)} {_TALL + 40}" role="img" '
        'aria-label="How cost and memory grow with the size">',
        "<style>text{font:12px system-ui,sans-serif;fill:#333}.v{font-weight:600}path{fill:none;stroke-width:2}"
        ".l0{stroke:#2f6f9f}.l1{stroke:#9aa5b1}.a{stroke:#ccc;stroke-width:1}@media(prefers-color-scheme:dark){"
        "text{fill:#ddd}.l0{stroke:#6cb2e6}.a{stroke:#555}}</style>",
    ]
    for place, (title, lines) in enumerate(panels.items()):
        parts += _panel(place * _PANEL, title, {name: sorted(points) for name, points in lines.items() if points})
    parts += [
        f'<text x="0" y="{_TALL + 34}">blue: sonitemi_pipelines; grey: dicts + pandas, one table</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _lines(rows: Sequence[Row], what: str, size: float, unit: str) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {"sonitemi_pipelines": [], "dicts + pandas": []}
    for row in rows:
        if not row.against.startswith("dicts") or row.other is None:
            continue
        name, _, at = row.what.partition(", ")
        if name == what and at:
            values = (float(at.split()[0]), row.ours, row.other)
        elif row.what == what and row.unit == unit:
            cpu = [1 / value if unit == "M words/CPU-s" else value for value in (row.ours, row.other)]
            values = (size, cpu[0], cpu[1])
        else:
            continue
        found["sonitemi_pipelines"].append((values[0], values[1]))
        found["dicts + pandas"].append((values[0], values[2]))
    return found


def _peaks(rows: Sequence[Row], size: float, growth: int) -> list[tuple[float, float]]:
    named = {"peak memory of a first sync": size, f"peak memory, {growth} times the words": size * growth}
    return [(named[row.what], row.ours) for row in rows if row.what in named]


def _panel(left: int, title: str, lines: dict[str, list[tuple[float, float]]]) -> list[str]:
    points = [point for each in lines.values() for point in each]
    parts = [f'<text class="v" x="{left}" y="14">{escape(title)}</text>']
    if not points:
        return parts
    most_x, most_y = max(x for x, _ in points), 1.1 * max(y for _, y in points)
    base, wide, high = _TALL - 10, _PANEL - 60, _TALL - 50
    parts.append(f'<path class="a" d="M{left + 4},{base - high}V{base}H{left + 4 + wide}"/>')
    for number, each in enumerate(lines.values()):
        placed = [(left + 4 + wide * x / most_x, base - high * y / most_y) for x, y in each]
        parts.append(f'<path class="l{number}" d="M{"L".join(f"{x:.1f},{y:.1f}" for x, y in placed)}"/>')
        parts.append(f'<text x="{placed[-1][0] + 4:.1f}" y="{placed[-1][1] + 4:.1f}">{each[-1][1]:.3g}</text>')
    parts.append(f'<text x="{left + wide - 20}" y="{base + 16}">{most_x:g} M words</text>')
    return parts
