"""Text, JSON and CSV: what needs no place in time."""

from __future__ import annotations

import csv as csvlib
import io
import json as jsonlib

from sonitemi_pipelines.cells import harmless
from sonitemi_pipelines.export.options import ExportOptions
from sonitemi_pipelines.export.script import Script, joined


def txt(script: Script, options: ExportOptions) -> str:
    """One paragraph a turn, with the name of a known speaker before it."""
    paragraphs = []
    for turn in script.turns:
        label = f"{turn.speaker}: " if options.speakers and turn.speaker else ""
        paragraphs.append(f"{label}{joined(turn.words)}\n")
    return "\n".join(paragraphs)


def json(script: Script, options: ExportOptions) -> str:
    """One object: what the transcript is of, its turns, and their words; times in ms, null when untimed."""
    return (
        jsonlib.dumps(
            {
                "provider": script.provider,
                "recording_id": script.recording_id,
                "variant": script.variant,
                "revision": script.revision,
                "title": script.title,
                "language": script.language,
                "duration_ms": script.duration_ms,
                "turns": [
                    {
                        **({"speaker": turn.speaker} if options.speakers else {}),
                        "start_ms": turn.span[0] if turn.span else None,
                        "end_ms": turn.span[1] if turn.span else None,
                        "text": joined(turn.words),
                        "words": [
                            {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms, "struck": word.struck}
                            for word in turn.words
                        ],
                    }
                    for turn in script.turns
                ],
            },
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )


def csv(script: Script, options: ExportOptions) -> str:
    """One row a word: turn, speaker, start and end in ms (empty when untimed), word, whether it was struck."""
    file = io.StringIO()
    writer = csvlib.writer(file, lineterminator="\n")
    columns = ["turn", "speaker", "start_ms", "end_ms", "word", "struck"]
    writer.writerow(columns if options.speakers else [name for name in columns if name != "speaker"])
    cell = harmless if options.safe_cells else lambda value: value
    for number, turn in enumerate(script.turns, start=1):
        who = [cell(turn.speaker)] if options.speakers else []
        for word in turn.words:
            writer.writerow([number, *who, word.start_ms, word.end_ms, cell(word.text), str(word.struck).lower()])
    return file.getvalue()
