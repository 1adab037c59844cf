"""Sonix transcripts as text, SRT and VTT, and split into subtitles. Struck words are left out of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Segment = dict[str, Any]


@dataclass(frozen=True)
class CaptionOptions:
    """The options of the SRT and VTT operations; durations in seconds."""

    speaker_display: str
    limited: bool
    lines: int
    max_characters: int
    max_duration: float


@dataclass(frozen=True)
class _Cue:
    start: float
    end: float
    lines: list[str]


def text(payload: dict[str, Any]) -> str:
    """Title, then one line a segment: `Martin: [00:00:01] Hello, ...`."""
    lines = [str(payload.get("name") or "")]
    for segment in _segments(payload):
        words = _joined(_kept(segment))
        if words:
            speaker = f"{segment['speaker']}: " if segment.get("speaker") else ""
            lines.append(f"{speaker}[{_clock(segment.get('start_time') or 0)}] {words}")
    return "\n".join(lines) + "\n"


def srt(payload: dict[str, Any], options: CaptionOptions) -> str:
    cues = _cues(payload, options)
    return "\n".join(
        f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n" + "\n".join(cue.lines) + "\n"
        for number, cue in enumerate(cues, 1)
    )


def vtt(payload: dict[str, Any], options: CaptionOptions) -> str:
    cues = _cues(payload, options)
    return "WEBVTT\n\n" + "\n".join(
        f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n" + "\n".join(cue.lines) + "\n" for cue in cues
    )


def split_segments(
    segments: list[Segment], max_characters: int, max_duration: float, max_per_second: float
) -> list[Segment]:
    """The same words in shorter segments, each within the limits unless a single word exceeds them."""
    split = []
    for segment in segments:
        for words in _chunks(segment.get("words") or [], max_characters, max_duration, max_per_second):
            times = {"start_time": words[0].get("start_time"), "end_time": words[-1].get("end_time")}
            split.append({**segment, **times, "words": words})
    return split


def _segments(payload: dict[str, Any]) -> list[Segment]:
    return list(payload.get("transcript") or [])


def _kept(segment: Segment) -> list[dict[str, Any]]:
    return [word for word in segment.get("words") or [] if not word.get("strikethrough")]


def _joined(words: list[dict[str, Any]]) -> str:
    texts = [str(word.get("text") or "") for word in words]
    spaced = any(text != text.strip() for text in texts)
    return " ".join(("" if spaced else " ").join(texts).split())


def _chunks(
    words: list[dict[str, Any]], max_characters: int, max_duration: float, max_per_second: float = float("inf")
) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for word in words:
        if chunk:
            longer = [*chunk, word]
            characters = len(_joined(longer))
            seconds = (word.get("end_time") or 0) - (chunk[0].get("start_time") or 0)
            crowded = seconds > 1 and characters / seconds > max_per_second
            if characters > max_characters or seconds > max_duration or crowded:
                yield chunk
                chunk = []
        chunk.append(word)
    if chunk:
        yield chunk


def _cues(payload: dict[str, Any], options: CaptionOptions) -> list[_Cue]:
    cues = []
    for segment in _segments(payload):
        words = _kept(segment)
        limits = (options.max_characters, options.max_duration) if options.limited else (10**9, float("inf"))
        for chunk in _chunks(words, *limits):
            said = _joined(chunk)
            if not said:
                continue
            lines = _wrapped(said) if options.lines == 2 else [said]
            speaker = segment.get("speaker")
            if speaker and options.speaker_display != "none":
                lines = [f"{speaker.upper() if options.speaker_display == 'uppercase' else speaker}:", *lines]
            cues.append(_Cue(chunk[0].get("start_time") or 0.0, chunk[-1].get("end_time") or 0.0, lines))
    return cues


def _wrapped(said: str) -> list[str]:
    middle = len(said) // 2
    spaces = [index for index, letter in enumerate(said) if letter == " "]
    if not spaces:
        return [said]
    cut = min(spaces, key=lambda index: abs(index - middle))
    return [said[:cut], said[cut + 1 :]]


def _stamp(seconds: float, mark: str) -> str:
    ms = round(seconds * 1000)
    return f"{_clock(ms // 1000)}{mark}{ms % 1000:03d}"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
