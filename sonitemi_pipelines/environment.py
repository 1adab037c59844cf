"""The process's environment: nothing else of this package touches it, so that what a program was told is read here."""

from __future__ import annotations

import os
from collections.abc import MutableMapping


def environment() -> MutableMapping[str, str]:
    """What the process was told from outside, as it stands now; what is put in, its libraries and children see."""
    return os.environ


def is_text(value: object) -> bool:
    """Whether what was told can be written as UTF-8: bytes that are not, come as halves of surrogate pairs."""
    return as_text(value) == str(value)


def as_text(value: object) -> str:
    """The same in a form that can be written, to tell of it."""
    return str(value).encode("utf-8", "backslashreplace").decode()
