"""What a run tells while it goes on: about ten lines, the same whoever started it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sonitemi_pipelines.progress import Progress

log = logging.getLogger(__name__)

Story = Callable[[str, str], None]
"""Called with a level ('debug', 'info', 'warning', 'error') and one line."""


def logged(level: str, line: str) -> None:
    """A Story told to the log."""
    log.log(logging.getLevelNamesMapping()[level.upper()], "%s", line)


class Watch:
    """Measures one chapter: `str` of it is the seconds it took."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._started:.1f} s"


def told_progress(story: Story, every_s: float = 10.0) -> Progress:
    """A Progress that tells how far long work is, at most once in `every_s` seconds."""
    told_at = time.monotonic()

    def progress(what: str, done: int, total: int) -> None:
        nonlocal told_at
        if done < total and time.monotonic() - told_at >= every_s:
            told_at = time.monotonic()
            story("info", f"{what}: {done} of {total}")

    return progress


def counted(number: int, noun: str) -> str:
    """'1 transcript', '2 transcripts'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
