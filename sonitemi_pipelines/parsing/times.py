"""Positions in media: seconds as a vendor sends them, milliseconds as the lake keeps them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sonitemi_pipelines.clock import milliseconds_of

Seconds = Sequence[float | None]
Floats = npt.NDArray[np.float64]

LONGEST_MS = int(np.iinfo(np.int32).max)
_LONGEST_SECONDS = LONGEST_MS / 1000
_NEAR = 1e-4


class TimeError(ValueError):
    """A time that is no position in media. Attributes: index in its column, value in seconds."""

    def __init__(self, index: int, value: float) -> None:
        super().__init__(f"time {value!r} s is outside the 24 days that milliseconds can count")
        self.index = index
        self.value = value


def milliseconds(seconds: Seconds) -> Floats:
    """Seconds as whole milliseconds, halves rounded up as the decimal number was sent; NaN where None.

    Raises TimeError for what a 32-bit count of milliseconds cannot hold.
    """
    column = pa.array(seconds, pa.float64())
    exact = column.to_numpy(zero_copy_only=False)
    in_range = np.abs(exact) <= _LONGEST_SECONDS
    if np.count_nonzero(in_range) + column.null_count < len(column):
        index = next(i for i in np.flatnonzero(~in_range).tolist() if seconds[i] is not None)
        raise TimeError(index, seconds[index] or 0.0)
    exact = exact * 1000.0
    rounded: Floats = np.floor(exact + 0.5)
    # A decimal half such as 1.0005 s has no exact double: only near a half can the product fall on the wrong side.
    for i in np.flatnonzero(np.abs(exact - np.floor(exact) - 0.5) < _NEAR).tolist():
        rounded[i] = milliseconds_of(seconds[i] or 0.0)
    return rounded
