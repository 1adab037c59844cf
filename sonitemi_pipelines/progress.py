"""How long-running work tells whoever watches how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with (what, done, total) as work goes on."""


def no_progress(what: str, done: int, total: int) -> None:
    """A Progress that shows nothing."""
