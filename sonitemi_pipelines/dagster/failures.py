"""How an error of ours becomes a failure an operator can read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from sonitemi_pipelines.errors import SonitemiError


@contextmanager
def failures_in_plain_words() -> Iterator[None]:
    """Turn our errors into `dagster.Failure`: one line, no traceback, and no second try of the same."""
    try:
        yield
    except SonitemiError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None
