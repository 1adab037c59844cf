"""The process's environment: nothing else of this package touches it, so that what a program was told is read here."""

from __future__ import annotations

import os
from collections.abc import MutableMapping


def environment() -> MutableMapping[str, str]:
    """What the process was told from outside, as it stands now; what is put in, its libraries and children see."""
    return os.environ
