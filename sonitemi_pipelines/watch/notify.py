"""Telling somebody: to the log, to any HTTP endpoint that takes JSON, to a chat, by e-mail."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import requests

from sonitemi_pipelines.errors import SettingsError, SonitemiError

log = logging.getLogger(__name__)

_TIMEOUT = (5.0, 10.0)
_LONGEST_SUBJECT = 150
_LOCAL = ("127.0.0.1", "localhost", "::1")


class NotifyError(SonitemiError):
    """A notice could not be delivered."""


@dataclass(frozen=True)
class Notice:
    """Something an operator wants to hear of.

    Attributes:
        kind: check_failed, late, ticks_failed, run_failed, low_balance, or one of these with `_recovered` behind it.
        text: one line for a person.
        details: for programs; goes into the JSON as it is. Never holds run config, tags or anything else with secrets.
    """

    kind: str
    text: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_recovery(self) -> bool:
        return self.kind.endswith("_recovered")


class Notifier(Protocol):
    """Anything that delivers a notice; raises NotifyError when it cannot."""

    @property
    def name(self) -> str:
        """Tells it from others, and holds no secret."""

    def notify(self, notice: Notice) -> None: ...


class LogNotifier:
    """Writes a warning to the log."""

    name = "log"

    def notify(self, notice: Notice) -> None:
        log.warning("%s: %s", notice.kind, notice.text)


class HttpNotifier:
    """POSTs `{"kind", "text", "details"}`, and `text` is what chat services show.

    The URL often holds a token: it is in no message and no repr.
    """

    name = "http"

    def __init__(self, url: str, setting: str = "SONITEMI_NOTIFY_URL") -> None:
        """Raises:
        SettingsError: it is not an http or https URL.
        """
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise SettingsError(f"{setting} is not an http or https URL; give the address to POST notices to")
        self._url, self._setting = url, setting

    def __repr__(self) -> str:
        return f"{type(self).__name__}({urlsplit(self._url).hostname!r})"

    def body(self, notice: Notice) -> dict[str, Any]:
        return {"kind": notice.kind, "text": notice.text, "details": notice.details}

    def notify(self, notice: Notice) -> None:
        host = urlsplit(self._url).hostname
        try:
            response = requests.post(self._url, json=self.body(notice), timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise NotifyError(
                f"notice {notice.kind} did not reach {host}: {type(error).__name__}; check {self._setting}"
            ) from None
        if response.status_code >= 300:
            raise NotifyError(f"{host} answered {response.status_code} to a notice; check {self._setting}")


class SlackNotifier(HttpNotifier):
    """POSTs a message as Slack's incoming webhooks take it, and the chats that imitate them."""

    name = "slack"

    def __init__(self, url: str) -> None:
        super().__init__(url, "the Slack URL")

    def body(self, notice: Notice) -> dict[str, Any]:
        mark = ":white_check_mark:" if notice.is_recovery else ":red_circle:"
        # What people named at a vendor may hold what Slack takes for mark-up.
        text = notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {"text": f"{mark} {text}"}


class MailNotifier:
    """Sends an e-mail over SMTP. The URL may hold a password: it is in no message and no repr."""

    name = "mail"

    def __init__(self, url: str, sender: str, recipients: Sequence[str]) -> None:
        """Args:
            url: smtp://user:password@host:587 (TLS once the server offers it; where there is a password it has to) or
                smtps://host:465.

        Raises:
            SettingsError: the URL is none, or nobody is named as sender or recipient.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SettingsError("the mail server is not a URL such as smtp://user:password@mail.example.com:587")
        if not sender or not recipients:
            raise SettingsError("e-mail needs a sender and somebody to send to; set mail_from and mail_to")
        self._parts, self._sender, self._recipients = parts, sender, list(recipients)

    def __repr__(self) -> str:
        return f"MailNotifier({self._parts.hostname!r})"

    def notify(self, notice: Notice) -> None:
        message = EmailMessage()
        message["Subject"] = f"sonitemi: {' '.join(notice.text.split())}"[:_LONGEST_SUBJECT]
        message["From"], message["To"] = self._sender, ", ".join(self._recipients)
        details = [f"{name}: {value}" for name, value in notice.details.items()]
        message.set_content("\n".join([notice.text, "", *details]))
        host = str(self._parts.hostname)
        try:
            with self._connect(host) as server:
                if self._parts.username:
                    server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotifyError(
                f"notice {notice.kind} did not go out by {host}: {type(error).__name__}; check the mail settings"
            ) from None

    def _connect(self, host: str) -> smtplib.SMTP:
        timeout = _TIMEOUT[1]
        if self._parts.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, self._parts.port or 465, timeout=timeout, context=context)
        server = smtplib.SMTP(host, self._parts.port or 587, timeout=timeout)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif self._parts.username and host not in _LOCAL:
            server.close()
            raise smtplib.SMTPNotSupportedError("the server offers no TLS, and a password was given")
        return server


def notifiers(url: str | None) -> list[Notifier]:
    """The log always, HTTP when there is a URL."""
    return [LogNotifier(), *([HttpNotifier(url)] if url else [])]
