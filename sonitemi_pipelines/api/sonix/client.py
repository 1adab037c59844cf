"""The Sonix client: one session, and the resources that use it."""

from __future__ import annotations

from typing import Any

import requests

from sonitemi_pipelines.api.session import FROM_ENVIRONMENT, VendorSession, limits_of
from sonitemi_pipelines.api.sonix.account import FolderResource, ShareResource, UserResource
from sonitemi_pipelines.api.sonix.exports import BurnInResource, ExportResource
from sonitemi_pipelines.api.sonix.media import MediaResource
from sonitemi_pipelines.api.sonix.summarizations import BatchSummarizationResource, SummarizationResource
from sonitemi_pipelines.api.sonix.transcripts import TranscriptResource
from sonitemi_pipelines.api.sonix.translations import TranslationResource
from sonitemi_pipelines.errors import ApiError, PaymentError, SettingsError, TooLargeError
from sonitemi_pipelines.settings import Settings

SONIX_BASE_URL = "https://api.sonix.ai/v1"

# What a status means for one operation, where the document gives it a meaning of its own.
_CAUSES: dict[tuple[str, int], tuple[type[ApiError], str]] = {
    ("batch_summarizations.create", 403): (PaymentError, "add credit for batch processing at Sonix"),
    ("batch_summarizations.create", 422): (
        TooLargeError,
        "split the folder: a batch takes at most 60 hours of media",
    ),
}

_NO_KEY = "SONIX_API_KEY is not set; copy the key from my.sonix.ai/api"


class SonixClient:
    """Every operation of the Sonix API, by resource: `client.media.list(status="completed")`.

    Safe to share between threads. Errors are `ApiError` subclasses by cause; what is refused before the network is
    a `RefusedError`.
    """

    def __init__(self, api_key: str = FROM_ENVIRONMENT, base_url: str | None = None, **session_options: Any) -> None:
        """
        Args:
            api_key: when left out, the environment says it and everything else: SONIX_API_KEY, SONIX_BASE_URL, limits.
            session_options: as `VendorSession` takes them: in_flight, connect_timeout, read_timeout, attempts, ...

        Raises:
            SettingsError: there is no key.
        """
        if api_key is FROM_ENVIRONMENT:
            settings = Settings.from_env()
            own = settings.vendor("sonix")
            api_key, base_url = own.api_key or "", base_url or own.base_url
            session_options = {**limits_of(settings), **session_options}
            if not api_key:
                raise SettingsError(_NO_KEY)
        elif not api_key:
            # Not the environment's instead: it may be another account's.
            raise SettingsError("the API key given to SonixClient is empty; leave it out to take SONIX_API_KEY")
        base_url = base_url or SONIX_BASE_URL
        session = VendorSession("sonix", base_url, api_key, read_error=self._read_error, **session_options)
        self.session = session
        self.media = MediaResource(session)
        self.exports = ExportResource(session)
        self.transcripts = TranscriptResource(session)
        self.translations = TranslationResource(session)
        self.burn_ins = BurnInResource(session)
        self.summarizations = SummarizationResource(session)
        self.batch_summarizations = BatchSummarizationResource(session)
        self.folders = FolderResource(session)
        self.users = UserResource(session)
        self.shares = ShareResource(session)

    @classmethod
    def from_settings(cls, settings: Settings, **session_options: Any) -> SonixClient:
        """The client the environment asks for.

        Raises:
            SettingsError: SONIX_API_KEY is not set.
        """
        own = settings.vendor("sonix")
        if own.api_key is None:
            raise SettingsError(_NO_KEY)
        options: dict[str, Any] = {**limits_of(settings), **session_options}
        return cls(own.api_key, own.base_url or SONIX_BASE_URL, **options)

    def __repr__(self) -> str:
        return f"SonixClient({self.session.base_url!r})"

    def stop(self) -> None:
        """Make every pause, retry and wait end at once, for a clean Ctrl-C."""
        self.session.stop()

    def _read_error(self, operation: str, response: requests.Response) -> ApiError:
        """Sonix sends `{"code", "message"}`, `{"error", "code"}`, or what a proxy makes of it."""
        found = self.session.error_body(response)
        code, message = found.pop("code", None), found.pop("message", None) or found.pop("error", None)
        cause, advice = _CAUSES.get((operation, response.status_code), (None, None))
        return self.session.error_from(
            operation,
            response,
            cause=cause,
            code=None if code is None else str(code),
            vendor_message=message if isinstance(message, str) else None,
            details=found,
            advice=advice,
        )
