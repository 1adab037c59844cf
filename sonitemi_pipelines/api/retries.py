"""What a failed call or an answer says about trying again: by the kind of error, never by its text."""

from __future__ import annotations

import email.utils
import math
import random
import re
import socket
import ssl
import time
from collections.abc import Iterator

import requests
import urllib3.exceptions

PASSING_STATUSES = frozenset({408, 425, 429})
"""With every 5xx: what another try may get over."""

_DECIMAL = re.compile(r"\d{1,400}(\.\d{1,400})?")


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, in whatever way the libraries below wrap it."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args[:2]]
        waiting += [part for part in inner if isinstance(part, BaseException)]


def never_sent(error: BaseException) -> bool:
    """Whether no connection came about, so that the vendor cannot have done anything."""
    unsent = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        requests.ConnectTimeout,
        ssl.SSLCertVerificationError,
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
        socket.gaierror,
    )
    return any(isinstance(cause, unsent) for cause in causes(error))


def is_untrusted(error: BaseException) -> bool:
    """Whether the other side's certificate does not hold."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))


def is_unknown_name(error: BaseException) -> bool:
    """Whether the host's name does not exist; a name server that does not answer now says nothing of that."""
    return any(isinstance(cause, socket.gaierror) and cause.errno != socket.EAI_AGAIN for cause in causes(error))


def is_of_proxy(error: BaseException) -> bool:
    """Whether it failed at the proxy on the way."""
    proxy = (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)
    return any(isinstance(cause, proxy) for cause in causes(error))


def is_lasting(error: BaseException) -> bool:
    """Whether another try would fare no better."""
    never = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidHeader,
        urllib3.exceptions.LocationParseError,
    )
    return isinstance(error, never) or is_untrusted(error) or is_unknown_name(error)


def pause_after(attempt: int, first: float, longest: float) -> float:
    """Seconds to wait after the n-th attempt that failed: twice as long each time up to `longest`, and never the same
    for two clients that failed together.
    """
    return float(min(first * 2 ** (attempt - 1), longest) * random.uniform(0.5, 1.0))


def retry_after(response: requests.Response) -> float | None:
    """Seconds from `Retry-After`: seconds, also decimal, or an HTTP date (RFC 9110, 10.2.3). Infinite when it asks for
    more than can be waited for, None when it says nothing that can be understood.
    """
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and _DECIMAL.fullmatch(text):
        return float(text)
    try:
        moment = email.utils.parsedate_tz(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment is None:
        return None
    try:
        return max(0.0, email.utils.mktime_tz(moment) - time.time())
    except (ValueError, OverflowError, OSError):
        return math.inf
