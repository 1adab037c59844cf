"""What a sensor remembers between looks: bookkeeping only, so that losing it costs one full run and nothing else."""

from __future__ import annotations

import msgspec

VERSION = 1
_FORGET_AFTER = 24 * 3600.0
_MOST_WORKING = 2000


class Asked(msgspec.Struct, frozen=True):
    """News a run was asked for: its state, which try it was, and when (Unix seconds)."""

    state: str
    attempt: int
    at: float


class Cursor(msgspec.Struct):
    """Memory of one sensor about one vendor.

    Attributes:
        born_at: when this cursor started (Unix seconds); part of every run key, so that a cursor that was reset does
            not repeat the run keys of the one before, which Dagster would silently drop.
        requests: runs asked for so far; part of every run key too. The same news at another time is another run, while
            a tick that died before its cursor was stored asks for the very same run again.
        full_since: since when a full run is owed; None when none is.
        asked: news asked for and not yet seen to be settled, by recording id; '*' stands for a full run.
        last_looked_up: where the rotation of single look-ups stands.
        working: open ids last seen in the vendor's lists of unfinished work.
        settled: versions of the lake's tables at which no transcript was missing.
    """

    born_at: float
    requests: int = 0
    full_since: float | None = None
    asked: dict[str, Asked] = {}
    last_looked_up: str = ""
    working: list[str] = []
    settled: str = ""
    version: int = VERSION

    def forget_old(self, now: float) -> None:
        """Keep the cursor small whatever happens."""
        self.asked = {id_: asked for id_, asked in self.asked.items() if now - asked.at < _FORGET_AFTER}
        self.working = self.working[:_MOST_WORKING]


# Made at import: two threads that resolve the types of a struct at once end the process.
_DECODER = msgspec.json.Decoder(Cursor)


def fresh(now: float) -> Cursor:
    """A cursor that knows nothing and therefore owes a full run."""
    return Cursor(born_at=now, full_since=now)


def load(text: str | None, now: float) -> Cursor:
    """The cursor in `text`; a fresh one when that is empty, of another version, or not a cursor at all."""
    if not text:
        return fresh(now)
    try:
        cursor = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return fresh(now)
    return cursor if cursor.version == VERSION else fresh(now)


def dump(cursor: Cursor) -> str:
    """The cursor as JSON."""
    return msgspec.json.encode(cursor).decode()
