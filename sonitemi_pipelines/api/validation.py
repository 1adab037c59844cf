"""Checks of what a user asks for, made before anything is sent."""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sonitemi_pipelines.environment import is_text
from sonitemi_pipelines.errors import RefusedError

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


class Checks:
    """Gathers what is wrong with the options of one operation, so that one error names all of it.

    An option that is None was not given, and passes every check but `require`.
    """

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.faults: dict[str, str] = {}

    def finish(self) -> None:
        """
        Raises:
            RefusedError: some check failed; `fields` names the options.
        """
        if self.faults:
            told = "; ".join(f"{name} {why}" for name, why in self.faults.items())
            raise RefusedError(f"{self.operation} refused, nothing sent: {told}", fields=self.faults)

    def require(self, condition: bool, name: str, why: str) -> None:
        """Note the fault `why` of option `name`, the first one only, unless `condition` holds."""
        if not condition:
            self.faults.setdefault(name, why)

    def one_of(self, name: str, value: Any, allowed: Collection[Any]) -> None:
        if value is not None and value not in allowed:
            near = near_matches(value, [str(choice) for choice in allowed])
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            self.require(False, name, f"{value!r} is none of {', '.join(map(str, allowed))}{hint}")

    def whole(self, name: str, value: Any, low: int, high: int | None = None) -> None:
        if value is not None:
            valid = isinstance(value, int) and not isinstance(value, bool) and value >= low
            span = f"from {low} up" if high is None else f"from {low} to {high}"
            self.require(valid and (high is None or value <= high), name, f"{value!r} is not a whole number {span}")

    def positive(self, name: str, value: Any) -> None:
        if value is not None:
            valid = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
            self.require(valid, name, f"{value!r} is not a number over 0")

    def truth(self, name: str, value: Any) -> None:
        self.require(value is None or isinstance(value, bool), name, f"{value!r} is neither True nor False")

    def color(self, name: str, value: Any) -> None:
        valid = value is None or (isinstance(value, str) and _COLOR.fullmatch(value))
        self.require(bool(valid), name, f"{value!r} is not a colour such as #FFFFFF")

    def text(self, name: str, value: Any, *, longest: int | None = None, required: bool = False) -> None:
        if value is None and not required:
            return
        self.require(isinstance(value, str) and bool(value.strip()), name, "is empty")
        self.require(is_text(value), name, "holds half of a surrogate pair")
        if isinstance(value, str) and longest is not None:
            self.require(len(value) <= longest, name, f"has {len(value)} characters; the limit is {longest}")

    def email(self, name: str, value: Any) -> None:
        valid = isinstance(value, str) and _EMAIL.fullmatch(value)
        self.require(bool(valid), name, f"{value!r} is not an e-mail address")

    def url(self, name: str, value: Any, *, longest: int | None = None) -> None:
        if value is None:
            return
        try:
            parts = urlsplit(value)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", value)
        except (ValueError, TypeError, AttributeError):
            valid = False
        self.require(valid, name, "is not an http or https URL")
        if valid and longest is not None:
            self.require(len(value) <= longest, name, f"has {len(value)} characters; the limit is {longest}")

    def json_object(self, name: str, value: Any) -> None:
        """`value` is a mapping that JSON can hold, or the text of a JSON object."""
        try:
            held = json.loads(value) if isinstance(value, str) else value
            json.dumps(held, allow_nan=False)
            valid = held is None or isinstance(held, Mapping)
        except (ValueError, TypeError, RecursionError):
            valid = False
        self.require(valid, name, "is not a JSON object of key-value pairs")

    def file(self, name: str, path: str | os.PathLike[str], *, largest: int | None = None, advice: str = "") -> Path:
        """`path` is a readable file that is not empty, of at most `largest` bytes."""
        found = Path(path)
        try:
            state = found.stat()
        except (OSError, ValueError):
            self.require(False, name, f"{found} does not exist")
            return found
        if not stat.S_ISREG(state.st_mode):
            self.require(
                False, name, f"{found} is a folder, not a file" if found.is_dir() else f"{found} is not a file"
            )
        self.require(is_text(found), name, "has a name that is not text in UTF-8; rename it")
        self.require(state.st_size > 0, name, f"{found} is empty")
        self.require(os.access(found, os.R_OK), name, f"{found} cannot be read")
        if largest is not None:
            size, limit = state.st_size / 1e6, largest / 1e6
            self.require(
                state.st_size <= largest, name, f"{found} has {size:.1f} MB; the limit is {limit:.0f} MB; {advice}"
            )
        return found


def near_matches(value: Any, known: Sequence[str], *, most: int = 3) -> list[str]:
    """Of `known`, what `value` may have been meant to be."""
    folded = {choice.casefold(): choice for choice in known}
    return [folded[name] for name in difflib.get_close_matches(str(value).casefold(), folded, most, 0.6)]
