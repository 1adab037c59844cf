"""The part of the settings that the receiver of webhooks reads."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.masking import mask

_SIGNING = "_WEBHOOK_SECRET"
_URL_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")

DEDUP_WINDOW = dt.timedelta(hours=1)
"""How long the same body about the same recording counts as a repetition: longer than a sender's quick retries,
short enough that a label set back to what it was is news again. A signed body is never news again."""


@dataclass(frozen=True)
class WebhookSettings:
    """Settings of the receiver; the limits are set in code only.

    Attributes:
        inbox: the inbox file, on a local disk; None where the home is an object store and no other place is named.
        url_secret: last segment of the callback URLs; None switches the unsigned routes off.
        signing_secrets: vendor -> the secret set with its webhooks; without one the vendor's signed route is off.
        trusted_proxies: addresses or networks, separated by commas, whose `X-Forwarded-For` names the client.
        max_body: bytes a body may have.
        body_timeout: seconds a body may take to arrive.
        max_header, header_timeout: bytes the headers of a request may have, and seconds they may take to arrive.
        rate_limit: requests per second for each client address, over time; twice as many may come in a burst.
        dedup_window: how long the same body about the same recording is a repetition.
    """

    inbox: Path | None = Path("data/inbox/webhooks.sqlite")
    url_secret: str | None = field(default=None, repr=False)
    signing_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    trusted_proxies: str = "127.0.0.1"
    max_body: int = 1024 * 1024
    body_timeout: float = 10.0
    max_header: int = 32 * 1024
    header_timeout: float = 10.0
    rate_limit: float = 500.0
    dedup_window: dt.timedelta = DEDUP_WINDOW

    def inbox_path(self) -> Path:
        """Where the inbox is.

        Raises:
            SettingsError: no place on a local disk is named for it.
        """
        if self.inbox is None:
            raise SettingsError(
                "SONITEMI_HOME is an object store and the webhook inbox needs a local disk; "
                "set SONITEMI_WEBHOOK_INBOX to a local path"
            )
        return self.inbox


def webhook_settings(values: Mapping[str, str], home: str) -> WebhookSettings:
    """Read from variables without blanks around their values, `home` being checked already.

    Raises:
        SettingsError: naming the variable and what would be right, never its value when that is a secret.
    """
    url_secret = values.get("SONITEMI_WEBHOOK_URL_SECRET")
    if url_secret is not None and not _URL_SECRET.fullmatch(url_secret):
        raise SettingsError(
            "SONITEMI_WEBHOOK_URL_SECRET is not 16 to 256 letters, digits, '-' or '_'; make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return WebhookSettings(
        inbox=_inbox(values.get("SONITEMI_WEBHOOK_INBOX"), home),
        url_secret=url_secret,
        signing_secrets={
            name.removesuffix(_SIGNING).lower(): secret for name, secret in values.items() if name.endswith(_SIGNING)
        },
        trusted_proxies=values.get("SONITEMI_WEBHOOK_TRUSTED_PROXIES", "127.0.0.1"),
    )


def _inbox(given: str | None, home: str) -> Path | None:
    if given is not None:
        if "://" in given:
            raise SettingsError(f"SONITEMI_WEBHOOK_INBOX={mask(given)} is a URL; give a path on a local disk")
        return Path(given).expanduser().resolve()
    return None if "://" in home else Path(home) / "inbox" / "webhooks.sqlite"
