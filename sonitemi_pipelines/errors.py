"""Every error a user can meet. `str(error)` is one line: what happened, where, what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sonitemi_pipelines.masking import mask, one_line


class SonitemiError(Exception):
    """Base of all errors this package raises on purpose."""


class SettingsError(SonitemiError):
    """An environment variable or option is missing or malformed."""


class LakeError(SonitemiError):
    """The lake cannot be read or written."""


class AccountError(SonitemiError):
    """A vendor's list belongs to another account than the lake."""


class WarehouseError(SonitemiError):
    """The warehouse file cannot be built, swapped in or read."""


class MartError(SonitemiError):
    """A file under `sql/` is malformed or fails to run."""


class PayloadError(SonitemiError):
    """A transcript payload does not have the vendor's format."""


class RefusedError(SonitemiError):
    """A request was refused before it reached the vendor, and nothing was sent or paid.

    `fields` names what is wrong: option -> reason.
    """

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})


class ApiError(SonitemiError):
    """A call to a vendor failed. Never carries the API key.

    Attributes:
        vendor: 'sonix' or 'temi'.
        operation: the operation as this package names it, such as 'media.list'.
        status: HTTP status, None when there was no answer.
        code: the vendor's own error code or problem type, None when it sent none.
        vendor_message: the vendor's own words as one line of 300 characters at most, None when it sent none.
        details: further members of the vendor's error body (`parameters`, `allowed_values`, ...).
        of_gateway: the answer is not in the vendor's own words, so something on the way may have given it.
    """

    advice = "try again later"
    retryable = False
    of_gateway = False

    def __init__(
        self,
        vendor: str,
        operation: str,
        *,
        status: int | None = None,
        code: str | None = None,
        vendor_message: str | None = None,
        details: Mapping[str, Any] | None = None,
        advice: str | None = None,
    ) -> None:
        self.vendor = vendor
        self.operation = operation
        self.status = status
        self.code = None if code is None else one_line(code)
        self.vendor_message = None if vendor_message is None else one_line(vendor_message)
        self.details: dict[str, Any] = {
            name: mask(value) if isinstance(value, str) else value for name, value in (details or {}).items()
        }
        self.advice = advice or type(self).advice
        answered = f"answered {status}" if status is not None else "failed"
        said = f": {self.vendor_message}" if self.vendor_message else ""
        super().__init__(f"{vendor} {operation} {answered}{said} ({self.advice})")


class AuthenticationError(ApiError):
    """401: the key is missing, wrong or revoked."""

    advice = "check the API key"


class PaymentError(ApiError):
    """402, or Temi's out-of-credit: the vendor requires payment. `details['current_balance']` when it says so."""

    advice = "settle payment or add credit at the vendor"


class AccessError(ApiError):
    """403: the account or the key's owner may not do this."""

    advice = "check the subscription and the role of the key's owner"


class NotFoundError(ApiError):
    """404: no such id in this account."""

    advice = "check the id and that the key belongs to its account"


class NotReadyError(ApiError):
    """409: the recording is in a state that does not allow this yet."""

    advice = "wait until it is completed"


class InvalidRequestError(ApiError):
    """400 or 422: the vendor rejects the parameters. `fields` maps each invalid parameter to the reasons."""

    advice = "correct the parameters"

    @property
    def fields(self) -> dict[str, Sequence[str]]:
        found = self.details.get("parameters")
        return dict(found) if isinstance(found, Mapping) else {}


class TooLargeError(ApiError):
    """413, or a folder over the vendor's limit."""

    advice = "make it smaller, or send a URL instead of a file"


class RateLimitedError(ApiError):
    """429, even after all retries."""

    advice = "lower SONITEMI_IN_FLIGHT or try again later"
    retryable = True


class ServerError(ApiError):
    """5xx, even after all retries."""

    advice = "the vendor has a problem; try again later"
    retryable = True


class TransportError(ApiError):
    """No response: the host name does not resolve, the connection is refused or broken, or the call timed out."""

    advice = "check the base URL and the network"
    retryable = True


class UnreachableError(TransportError):
    """No connection was established, so nothing was sent."""


HOPELESS = (AuthenticationError, PaymentError, TransportError)
"""Errors after which no further call to the vendor would fare better."""


class MalformedAnswerError(ApiError):
    """A response that does not match the vendor's documentation, such as HTML from a proxy."""

    advice = "check the base URL and any proxy in between"


class WaitTimeoutError(SonitemiError):
    """The operation did not finish in time. It continues at the vendor; the message says how to resume waiting.

    Attributes:
        id: what was waited for.
        status: the last status seen.
    """

    def __init__(self, message: str, *, id: str, status: str | None) -> None:
        super().__init__(message)
        self.id = id
        self.status = status


class VendorFailedError(SonitemiError):
    """The operation ended at the vendor without a result.

    Attributes:
        id: what was waited for.
        status: how it ended, such as failed or blocked.
    """

    def __init__(self, message: str, *, id: str, status: str | None) -> None:
        super().__init__(message)
        self.id = id
        self.status = status
