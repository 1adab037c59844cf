"""The Temi client: one session, and the resources that use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from sonitemi_pipelines.api.session import FROM_ENVIRONMENT, VendorSession, limits_of
from sonitemi_pipelines.api.temi.account import AccountResource
from sonitemi_pipelines.api.temi.jobs import JobResource
from sonitemi_pipelines.api.temi.transcripts import TranscriptResource
from sonitemi_pipelines.errors import ApiError, NotReadyError, PaymentError, SettingsError
from sonitemi_pipelines.settings import Settings

_CAUSES: dict[str, type[ApiError]] = {"out-of-credit": PaymentError, "invalid-job-state": NotReadyError}
TEMI_BASE_URL = "https://api.temi.com/v1"

_NO_KEY = "TEMI_API_KEY is not set; make a key on Temi's developer page"


class TemiClient:
    """Every operation of the Temi API, by resource: `client.jobs.submit(url=...)`.

    Safe to share between threads. Errors are `ApiError` subclasses by cause; what is refused before the network is
    a `RefusedError`.
    """

    def __init__(self, api_key: str = FROM_ENVIRONMENT, base_url: str | None = None, **session_options: Any) -> None:
        """
        Args:
            api_key: when left out, the environment says it and everything else: TEMI_API_KEY, TEMI_BASE_URL, limits.
            session_options: as `VendorSession` takes them: in_flight, connect_timeout, read_timeout, attempts, ...

        Raises:
            SettingsError: there is no key.
        """
        if api_key is FROM_ENVIRONMENT:
            settings = Settings.from_env()
            own = settings.vendor("temi")
            api_key, base_url = own.api_key or "", base_url or own.base_url
            session_options = {**limits_of(settings), **session_options}
            if not api_key:
                raise SettingsError(_NO_KEY)
        elif not api_key:
            # Not the environment's instead: it may be another account's.
            raise SettingsError("the API key given to TemiClient is empty; leave it out to take TEMI_API_KEY")
        base_url = base_url or TEMI_BASE_URL
        session = VendorSession("temi", base_url, api_key, read_error=self._read_error, **session_options)
        self.session = session
        self.jobs = JobResource(session)
        self.transcripts = TranscriptResource(session)
        self.account = AccountResource(session)

    @classmethod
    def from_settings(cls, settings: Settings, **session_options: Any) -> TemiClient:
        """The client the environment asks for.

        Raises:
            SettingsError: TEMI_API_KEY is not set.
        """
        own = settings.vendor("temi")
        if own.api_key is None:
            raise SettingsError(_NO_KEY)
        options: dict[str, Any] = {**limits_of(settings), **session_options}
        return cls(own.api_key, own.base_url or TEMI_BASE_URL, **options)

    def __repr__(self) -> str:
        return f"TemiClient({self.session.base_url!r})"

    def stop(self) -> None:
        """Make every pause, retry and wait end at once, for a clean Ctrl-C."""
        self.session.stop()

    def _read_error(self, operation: str, response: requests.Response) -> ApiError:
        """Temi sends RFC 7807 problem details with members of their own, and `{"message"}` with 401."""
        found = self.session.error_body(response)
        kind = str(found.pop("type", "") or "").rsplit("/", 1)[-1]
        title, detail, message = (found.pop(name, None) for name in ("title", "detail", "message"))
        said = ": ".join(str(part) for part in (title, detail, message) if part)
        faults = found.get("parameters")
        if isinstance(faults, Mapping):
            said += "".join(f"; {name}: {' '.join(_reasons(why))}" for name, why in faults.items())
        return self.session.error_from(
            operation,
            response,
            cause=_CAUSES.get(kind),
            code=kind or None,
            vendor_message=said or None,
            details=found,
        )


def _reasons(why: Any) -> list[str]:
    return [str(reason) for reason in why] if isinstance(why, list) else [str(why)]
