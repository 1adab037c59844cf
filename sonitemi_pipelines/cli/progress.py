"""Progress bars in a terminal."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm


class Bars:
    """Progress bars in a terminal, one for each thing that is going on."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Any]] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        bar = self._bars.get(what)
        if bar is None:
            bar = self._bars[what] = tqdm(total=total, desc=what, file=sys.stderr, disable=not sys.stderr.isatty())
        bar.update(done - bar.n)
        if done >= total:
            bar.close()
