"""What the receiver is told from outside: where its inbox is, its secrets, its limits."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import environment
from sonitemi_pipelines.webhooks.inbox import DEDUP_WINDOW, inbox_path

_SIGNING = "_WEBHOOK_SECRET"
_URL_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


@dataclass(frozen=True)
class WebhookConfig:
    """Settings of the receiver.

    Attributes:
        inbox: the inbox file, on a local disk.
        url_secret: last segment of the callback URLs; None switches the unsigned routes off.
        signing_secrets: vendor -> the secret set with its webhooks; without one the vendor's signed route is off.
        max_body: bytes a body may have.
        body_timeout: seconds a body may take to arrive.
        max_header, header_timeout: bytes the headers of a request may have, and seconds they may take to arrive.
        rate_limit: requests per second for each client address, over time; twice as many may come in a burst.
        dedup_window: how long the same body about the same recording is a repetition.
        trusted_proxies: addresses or networks, separated by commas, whose `X-Forwarded-For` names the client.
    """

    inbox: Path
    url_secret: str | None = field(default=None, repr=False)
    signing_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    max_body: int = 1024 * 1024
    body_timeout: float = 10.0
    max_header: int = 32 * 1024
    header_timeout: float = 10.0
    rate_limit: float = 500.0
    dedup_window: dt.timedelta = DEDUP_WINDOW
    trusted_proxies: str = "127.0.0.1"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> WebhookConfig:
        """Read `SONITEMI_WEBHOOK_URL_SECRET`, every `<VENDOR>_WEBHOOK_SECRET`, `SONITEMI_WEBHOOK_TRUSTED_PROXIES`, the
        inbox.

        Raises:
            SettingsError: naming the variable and what would be right, never its value when that is a secret.
        """
        source = environment() if env is None else env
        url_secret = source.get("SONITEMI_WEBHOOK_URL_SECRET", "").strip() or None
        if url_secret is not None and not _URL_SECRET.fullmatch(url_secret):
            raise SettingsError(
                "SONITEMI_WEBHOOK_URL_SECRET is not 16 to 256 letters, digits, '-' or '_'; make one with: "
                'python -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
        return cls(
            inbox=inbox_path(source),
            url_secret=url_secret,
            signing_secrets={
                name.removesuffix(_SIGNING).lower(): secret.strip()
                for name, secret in source.items()
                if name.endswith(_SIGNING) and secret.strip()
            },
            trusted_proxies=source.get("SONITEMI_WEBHOOK_TRUSTED_PROXIES", "").strip() or "127.0.0.1",
        )
