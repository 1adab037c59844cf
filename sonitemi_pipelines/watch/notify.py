"""Telling somebody: to the log, and to any HTTP endpoint that takes JSON."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from sonitemi_pipelines.errors import SettingsError, SonitemiError

log = logging.getLogger(__name__)

_TIMEOUT = (5.0, 10.0)


class NotifyError(SonitemiError):
    """A notice could not be delivered."""


@dataclass(frozen=True)
class Notice:
    """Something an operator wants to hear of.

    Attributes:
        kind: run_failed, low_balance, ...
        text: one line for a person.
        details: for programs; goes into the JSON as it is. Never holds run config, tags or anything else with secrets.
    """

    kind: str
    text: str
    details: dict[str, Any] = field(default_factory=dict)


class Notifier(Protocol):
    """Anything that delivers a notice; raises NotifyError when it cannot."""

    def notify(self, notice: Notice) -> None: ...


class LogNotifier:
    """Writes a warning to the log."""

    def notify(self, notice: Notice) -> None:
        log.warning("%s: %s", notice.kind, notice.text)


class HttpNotifier:
    """POSTs `{"kind", "text", "details"}`, and `text` is what chat services show.

    The URL often holds a token: it is in no message and no repr.
    """

    def __init__(self, url: str) -> None:
        """Raises:
        SettingsError: it is not an http or https URL.
        """
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise SettingsError("SONITEMI_NOTIFY_URL is not an http or https URL; give the address to POST notices to")
        self._url = url

    def __repr__(self) -> str:
        return f"HttpNotifier({urlsplit(self._url).hostname!r})"

    def notify(self, notice: Notice) -> None:
        body = {"kind": notice.kind, "text": notice.text, "details": notice.details}
        host = urlsplit(self._url).hostname
        try:
            response = requests.post(self._url, json=body, timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise NotifyError(
                f"notice {notice.kind} did not reach {host}: {type(error).__name__}; check SONITEMI_NOTIFY_URL"
            ) from None
        if response.status_code >= 300:
            raise NotifyError(f"{host} answered {response.status_code} to a notice; check SONITEMI_NOTIFY_URL")


def notifiers(url: str | None) -> list[Notifier]:
    """The built-in ones: the log always, HTTP when there is a URL."""
    return [LogNotifier(), *([HttpNotifier(url)] if url else [])]


def notify_all(to: Sequence[Notifier], notice: Notice) -> list[str]:
    """Deliver to each, whatever happens to the others; returns what went wrong."""
    problems = []
    for notifier in to:
        try:
            notifier.notify(notice)
        except NotifyError as error:
            log.error("%s", error)
            problems.append(str(error))
    return problems
