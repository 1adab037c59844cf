"""The Sonix client: one session, and the resources that use it."""

from __future__ import annotations

import requests

from sonitemi_pipelines.api.client import VendorClient
from sonitemi_pipelines.api.session import VendorSession
from sonitemi_pipelines.api.sonix.account import FolderResource, ShareResource, UserResource
from sonitemi_pipelines.api.sonix.exports import BurnInResource, ExportResource
from sonitemi_pipelines.api.sonix.media import MediaResource
from sonitemi_pipelines.api.sonix.summarizations import BatchSummarizationResource, SummarizationResource
from sonitemi_pipelines.api.sonix.transcripts import TranscriptResource
from sonitemi_pipelines.api.sonix.translations import TranslationResource
from sonitemi_pipelines.errors import ApiError, PaymentError, TooLargeError

# What a status means for one operation, where the document gives it a meaning of its own.
_CAUSES: dict[tuple[str, int], tuple[type[ApiError], str]] = {
    ("batch_summarizations.create", 403): (PaymentError, "add credit for batch processing at Sonix"),
    ("batch_summarizations.create", 422): (
        TooLargeError,
        "split the folder: a batch takes at most 60 hours of media",
    ),
}


class SonixClient(VendorClient):
    """Every operation of the Sonix API, by resource: `client.media.list(status="completed")`.

    Safe to share between threads. Errors are `ApiError` subclasses by cause; what is refused before the network is
    a `RefusedError`.
    """

    vendor = "sonix"
    own_base_url = "https://api.sonix.ai/v1"
    where_keys_are = "copy the key from my.sonix.ai/api"

    def _open(self, session: VendorSession) -> None:
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
