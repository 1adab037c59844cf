"""Values as SQL text. They come from outside: every one is quoted here and nowhere else."""

from __future__ import annotations

import datetime as dt


def literal(value: str | dt.date) -> str:
    """A quoted SQL literal."""
    text = value if isinstance(value, str) else value.isoformat()
    return "'" + text.replace("'", "''") + "'"
