"""What a failed call or an answer says about trying again."""

from __future__ import annotations

import email.utils
import time

import requests


def never_sent(error: requests.RequestException) -> bool:
    """Whether no connection came about, so that the vendor cannot have done anything."""
    refused = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
    return refused or isinstance(error, requests.ConnectTimeout)


def hopeless(error: requests.RequestException) -> bool:
    """Whether another try would fare no better."""
    never = requests.exceptions.SSLError | requests.exceptions.InvalidURL
    return isinstance(error, never) or "NameResolutionError" in repr(error)


def retry_after(response: requests.Response) -> float | None:
    """Seconds from `Retry-After`, which holds seconds or an HTTP date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    moment = email.utils.parsedate_tz(text)
    return None if moment is None else max(0.0, email.utils.mktime_tz(moment) - time.time())
