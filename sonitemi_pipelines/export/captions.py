"""SRT and WebVTT."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sonitemi_pipelines.export.options import ExportOptions
from sonitemi_pipelines.export.script import Script, Word, joined, placed

_LAPSE_MS = 2_000
_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")


@dataclass(frozen=True)
class Cue:
    """One caption: times in ms, its lines, and whose words they are; `opens` where the speaker's turn begins."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str | None
    opens: bool


def cues(script: Script, options: ExportOptions) -> list[Cue]:
    """Captions in order of time. None is longer than the options say, unless a single word is; each has a length."""
    found = []
    for turn in placed(script):
        label = f"{turn.speaker}: " if options.speakers and turn.speaker else ""
        for nth, words in enumerate(_cut(turn.words, options, len(label))):
            start = min(word.start_ms or 0 for word in words)
            end = max(start + 1, *(word.end_ms or 0 for word in words))
            lines = _lines(words, options.line_length, len(label) if nth == 0 else 0)
            found.append(Cue(start, end, lines, turn.speaker, nth == 0))
    return sorted(found, key=lambda cue: (cue.start_ms, cue.end_ms))


def srt(script: Script, options: ExportOptions) -> str:
    """SubRip. The name of a known speaker stands before the first caption of a turn."""
    # By hand: libraries that write SRT take signs of the text for markup of WebVTT or of SubStation.
    blocks = []
    for number, cue in enumerate(cues(script, options), start=1):
        label = f"{cue.speaker}: " if options.speakers and cue.speaker and cue.opens else ""
        times = f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}".replace(".", ",")
        text = (label + "\n".join(cue.lines)).replace("-->", "- ->")
        blocks.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(blocks)


def vtt(script: Script, options: ExportOptions) -> str:
    """WebVTT. The name of a known speaker is the voice of the caption."""
    # Here, not at the top: who loads a code location writes no captions.
    import webvtt

    captions = []
    for cue in cues(script, options):
        text = html.escape("\n".join(cue.lines), quote=False)
        if options.speakers and cue.speaker:
            text = f"<v {html.escape(' '.join(cue.speaker.split()), quote=False)}>{text}"
        captions.append(webvtt.Caption(_clock(cue.start_ms), _clock(cue.end_ms), text))
    file = io.StringIO()
    webvtt.WebVTT(captions=captions).write(file)
    return file.getvalue().rstrip("\n") + "\n"


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}.{rest:03d}"


def _cut(words: Sequence[Word], options: ExportOptions, label: int) -> Iterator[list[Word]]:
    """A turn's words by caption: as many as fit, less when a sentence ends past the middle or a silence follows."""
    caption: list[Word] = []
    room = options.line_length * options.lines
    for word in words:
        if caption and (
            not _fits([*caption, word], options, label)
            or (word.end_ms or 0) - (caption[0].start_ms or 0) > options.max_seconds * 1000
            or (word.start_ms or 0) - (caption[-1].end_ms or 0) >= _LAPSE_MS
            or (caption[-1].text.endswith(_SENTENCE_ENDS) and 2 * (len(joined(caption)) + label) >= room)
        ):
            yield caption
            caption, label = [], 0
        caption.append(word)
    if caption:
        yield caption


def _fits(words: Sequence[Word], options: ExportOptions, label: int) -> bool:
    return len(_lines(words, options.line_length, label)) <= options.lines


def _lines(words: Sequence[Word], length: int, label: int) -> tuple[str, ...]:
    """Words on lines of at most `length` signs, the first with `label` of them taken; a longer word has its own."""
    lines: list[str] = []
    room = length - label
    for word in words:
        more = f" {word.text}" if word.spaced else word.text
        if lines and len(lines[-1]) + len(more) <= room:
            lines[-1] += more
        else:
            room = length - label if not lines else length
            lines.append(word.text)
    return tuple(lines)
