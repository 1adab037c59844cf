"""RTTM and CTM, NIST's formats of who speaks when and of which word is said when: a line each, fields of no spaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sonitemi_pipelines.export.options import ExportOptions
from sonitemi_pipelines.export.script import PAUSE_MS, Script, ScriptTurn, placed


def rttm(script: Script, options: ExportOptions) -> str:
    """A line for each stretch of speech of one speaker, silences under 250 ms left in; struck words were spoken too."""
    file = _field(script.recording_id)
    labels = _labels(turn.speaker for turn in script.turns)
    stretches = sorted(
        (start, end, labels[speaker])
        for speaker, spans in _spans(script.turns).items()
        for start, end in _merged(spans)
    )
    return "".join(
        f"SPEAKER {file} 1 {_seconds(start)} {_seconds(end - start)} <NA> <NA> {label} <NA> <NA>\n"
        for start, end, label in stretches
    )


def ctm(script: Script, options: ExportOptions) -> str:
    """A line for each word in order of time; a word without times stands between its timed neighbours."""
    file = _field(script.recording_id)
    words = sorted(
        (word.start_ms or 0, word.end_ms or 0, place, word.text)
        for place, word in enumerate(word for turn in placed(script) for word in turn.words)
    )
    return "".join(f"{file} 1 {_seconds(start)} {_seconds(end - start)} {text}\n" for start, end, _, text in words)


def _spans(turns: Iterable[ScriptTurn]) -> dict[str | None, list[tuple[int, int]]]:
    found: dict[str | None, list[tuple[int, int]]] = {}
    for turn in turns:
        spans = [word.span for word in turn.words if word.span is not None] or ([turn.span] if turn.span else [])
        found.setdefault(turn.speaker, []).extend(spans)
    return found


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if last is not None and start - last[1] < PAUSE_MS:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last


def _labels(speakers: Iterable[str | None]) -> dict[str | None, str]:
    """A field for each speaker; two that would come out the same are told apart."""
    labels: dict[str | None, str] = {}
    for speaker in dict.fromkeys(speakers):
        label = wanted = _field(speaker or "unknown")
        number = 1
        while label in labels.values():
            number += 1
            label = f"{wanted}_{number}"
        labels[speaker] = label
    return labels


def _field(text: str) -> str:
    return "_".join(text.split()) or "_"


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"
