"""Asking a vendor for records one by one: what it has, what is gone, and what it could not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from sonitemi_pipelines.errors import HOPELESS, ApiError, NotFoundError

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Answers(Generic[K, T]):
    """What came of asking for each of some keys.

    Attributes:
        found: key -> answer.
        gone: keys the vendor does not know.
        problems: what it could not answer otherwise, in words. Nothing is known of those keys.
    """

    found: dict[K, T]
    gone: tuple[K, ...]
    problems: tuple[str, ...]


def ask_each(keys: Iterable[K], ask: Callable[[K], T], *, in_flight: int = 1) -> Answers[K, T]:
    """Ask for each key; one that fails stops no other.

    Raises:
        AuthenticationError, PaymentError, TransportError: one of HOPELESS.
    """
    found: dict[K, T] = {}
    gone: list[K] = []
    problems: list[str] = []

    def try_to(key: K) -> tuple[K, T | ApiError]:
        try:
            return key, ask(key)
        except HOPELESS:
            raise
        except ApiError as error:
            return key, error

    with ThreadPoolExecutor(in_flight) as pool:
        for key, answer in pool.map(try_to, keys):
            if isinstance(answer, NotFoundError):
                gone.append(key)
            elif isinstance(answer, ApiError):
                problems.append(f"{key}: {answer}")
            else:
                found[key] = answer
    return Answers(found, tuple(gone), tuple(problems))
