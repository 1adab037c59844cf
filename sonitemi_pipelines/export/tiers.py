"""Praat's TextGrid and ELAN's EAF: for each speaker a tier of turns and a tier of words."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sonitemi_pipelines.export.options import ExportOptions
from sonitemi_pipelines.export.script import Script, joined, placed

Interval = tuple[int, int, str]
"""Start and end in ms, and what stands there."""

# What XML 1.0 cannot hold, and Praat does not read.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def tiers(script: Script, options: ExportOptions) -> dict[str, list[Interval]]:
    """Tiers by name, in the order in which speakers first speak; the intervals of one neither touch nor overlap.

    Where two would overlap, the later begins when the earlier ends; one that has no length then joins the earlier.
    """
    turns: dict[str, list[Interval]] = {}
    words: dict[str, list[Interval]] = {}
    for turn in placed(script):
        name = _clean(turn.speaker or "unknown speaker") if options.speakers else "speech"
        start = min(word.start_ms or 0 for word in turn.words)
        end = max(word.end_ms or 0 for word in turn.words)
        turns.setdefault(name, []).append((start, end, _clean(joined(turn.words))))
        words.setdefault(name, []).extend(
            (word.start_ms or 0, word.end_ms or 0, _clean(word.text)) for word in turn.words
        )
    found: dict[str, list[Interval]] = {}
    for name in turns:
        for tier, intervals in ((name, turns[name]), (f"{name} (words)", words[name])):
            while tier in found:
                tier += "'"
            found[tier] = _apart(intervals)
    return found


def textgrid(script: Script, options: ExportOptions) -> str:
    """Praat's long text format; times in seconds."""
    from praatio.data_classes.interval_tier import IntervalTier
    from praatio.data_classes.textgrid import Textgrid

    found = tiers(script, options)
    length = max([script.duration_ms or 0, *(end for intervals in found.values() for _, end, _ in intervals[-1:])])
    grid = Textgrid(0, length / 1000)
    for name, intervals in found.items():
        entries = [(start / 1000, end / 1000, text) for start, end, text in intervals]
        grid.addTier(IntervalTier(name, entries, 0, length / 1000), reportingMode="silence")
    # It writes to files alone.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.TextGrid"
        grid.save(str(path), "long_textgrid", includeBlankSpaces=True, reportingMode="silence")
        return path.read_text(encoding="utf-8")


def eaf(script: Script, options: ExportOptions) -> str:
    """ELAN's annotation document; times in ms."""
    from pympi import Elan

    document = Elan.Eaf(author="sonitemi")
    # Not the moment of writing: the same transcript makes the same file.
    document.adocument["DATE"] = script.fetched_at.replace("Z", "+00:00")
    document.remove_tier("default")
    for name, intervals in tiers(script, options).items():
        document.add_tier(name)
        for start, end, text in intervals:
            document.add_annotation(name, start, end, text)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + str(Elan.to_string(document))


def _apart(intervals: Sequence[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for start, end, text in sorted(intervals, key=lambda interval: interval[:2]):
        floor = found[-1][1] if found else 0
        start = max(start, floor)
        if end > start:
            found.append((start, end, text))
        elif found:
            before = found[-1]
            found[-1] = (before[0], before[1], f"{before[2]} {text}")
        else:
            found.append((start, start + 1, text))
    return found


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
