"""Lists as they come over the wire: the rows that can be read, those that cannot, and whether the end was proven."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sonitemi_pipelines.api.sent import Known, Row
from sonitemi_pipelines.masking import one_line

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

_LONGEST_ID = 512


@dataclass(frozen=True)
class Unreadable:
    """A row of a list that cannot be taken.

    Attributes:
        name: its id made printable; a digest of the row where it has none.
        why: one line.
    """

    name: str
    why: str


class Rows(list[T]):
    """The rows of one answer that can be read, and beside them those that cannot."""

    unreadable: tuple[Unreadable, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame, a column for each field."""
        return frame_of(self)


class Listing(Generic[T]):
    """An iterator over a list of many pages.

    Attributes:
        complete: whether the end was reached and proven; False as long as it is not.
        why: why a list that ended is not proven whole.
        unreadable: the rows met so far that cannot be read.
        calls: calls made so far.
    """

    def __init__(self, walk: Callable[[Listing[T]], Iterator[T]]) -> None:
        self.complete = False
        self.why: str | None = None
        self.unreadable: list[Unreadable] = []
        self.calls = 0
        self._rows = walk(self)

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._rows)

    def to_frame(self) -> pd.DataFrame:
        """The rows not taken yet as a pandas DataFrame, a column for each field; walks to the end of the list."""
        return frame_of(self)

    def note(self, unreadable: tuple[Unreadable, ...]) -> None:
        """Remember rows that cannot be read, each once."""
        self.unreadable += [row for row in unreadable if row not in self.unreadable]


class Records(Listing[T]):
    """A list of many pages whose rows may be told apart by the bytes they came as.

    Attributes:
        known: what rows were read before; None where every row is to be read.
    """

    def __init__(self, walk: Callable[[Records[T]], Iterator[Row[T]]]) -> None:
        self.known: Known | None = None
        self._sent = walk(self)
        super().__init__(lambda _: (row.record for row in self._sent if row.record is not None))

    def rows(self, known: Known) -> Iterator[Row[T]]:
        """The rows instead of the records; pages of nothing but known ones are not read further. Call it first."""
        self.known = known
        return self._sent


def frame_of(records: Iterable[Any]) -> pd.DataFrame:
    """Records as a pandas DataFrame; `unreadable`, which is of a list and not of a row, is left out."""
    import pandas as pd

    rows = [{name: value for name, value in row.to_dict().items() if name != "unreadable"} for row in records]
    return pd.DataFrame.from_records(rows)


def is_usable_id(identifier: object) -> bool:
    """Whether it can stand in a path, a table and a message as the id of something."""
    text = str(identifier)
    return bool(text.strip()) and text not in (".", "..") and text.isprintable() and len(text) <= _LONGEST_ID


def unreadable(row: Any, why: str) -> Unreadable:
    """The note on a row that cannot be read."""
    named = row.get("id") if isinstance(row, dict) else None
    if isinstance(named, str | int) and not isinstance(named, bool) and str(named).strip():
        return Unreadable(one_line(ascii(named) if isinstance(named, str) else str(named), 120), why)
    try:
        text = json.dumps(row, sort_keys=True, default=str)
    except (ValueError, RecursionError):
        text = type(row).__name__
    return Unreadable(f"row {hashlib.sha256(text.encode()).hexdigest()[:12]}", why)
