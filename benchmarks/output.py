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
    lines = ["| what | ours | against | it | ratio | target | |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        other = "-" if row.other is None else f"{row.other:.3g}"
        ratio = "-" if row.other is None else f"{row.ratio:.2f}x"
        target = f"{'>=' if row.higher else '<='} {row.target:g}{'' if row.other is None else 'x'}"
        lines.append(
            f"| {row.what} | {row.ours:.3g} {row.unit} | {row.against} | {other} | {ratio} | {target} | "
            f"{'met' if row.met else 'not met'} |"
        )
    return "\n".join(lines)


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
