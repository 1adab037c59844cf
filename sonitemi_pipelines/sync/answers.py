"""Asking a vendor for records one by one: what it has, what is gone, and what it could not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sonitemi_pipelines.errors import (
    HOPELESS,
    AccessError,
    ApiError,
    AuthenticationError,
    NotFoundError,
    UnreachableError,
)
from sonitemi_pipelines.sync.threads import threads

_DEAD_AFTER = 10
"""So many broken calls in a row are no matter of single keys."""

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Answers(Generic[K, T]):
    """What came of asking for each of some keys.

    Attributes:
        found: key -> answer.
        gone: keys the vendor does not know.
        problems: what it could not answer otherwise, in words. Nothing is known of those keys.
        denied: the vendor's words where it answered to nothing but refused (403) all else: the account may not ask.
    """

    found: dict[K, T]
    gone: tuple[K, ...]
    problems: tuple[str, ...]
    denied: str | None = None


def ask_each(keys: Iterable[K], ask: Callable[[K], T], *, in_flight: int = 1) -> Answers[K, T]:
    """Ask for each key; one that fails stops no other.

    Raises:
        AuthenticationError, UnreachableError: at once; PaymentError, TransportError: after several in a row.
    """
    found: dict[K, T] = {}
    gone: list[K] = []
    problems: list[str] = []
    denied: bool | None = None
    denied_by = ""
    broken = 0

    def try_to(key: K) -> tuple[K, T | ApiError]:
        try:
            return key, ask(key)
        except (AuthenticationError, UnreachableError):
            raise
        except ApiError as error:
            return key, error

    with threads(in_flight, "ask") as pool:
        for key, answer in pool.map(try_to, keys):
            if isinstance(answer, NotFoundError):
                gone.append(key)
            elif isinstance(answer, ApiError):
                broken = broken + 1 if isinstance(answer, HOPELESS) else 0
                if broken >= _DEAD_AFTER:
                    raise answer
                problems.append(f"{key}: {answer}")
                denied = isinstance(answer, AccessError) and denied is not False
                denied_by = str(answer)
            else:
                broken = 0
                found[key] = answer
    told = denied_by if denied and not found else None
    return Answers(found, tuple(gone), tuple(problems), told)
