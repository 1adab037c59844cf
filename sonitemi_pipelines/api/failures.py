"""The exception for a call that got no answer, or one that is not 2xx: what failed, where, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from sonitemi_pipelines.api.retries import causes, is_of_proxy, is_unknown_name, is_untrusted, never_sent
from sonitemi_pipelines.errors import (
    AccessError,
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    MalformedAnswerError,
    NotFoundError,
    NotReadyError,
    PaymentError,
    RateLimitedError,
    ServerError,
    TooLargeError,
    TransportError,
    UnreachableError,
)
from sonitemi_pipelines.masking import mask

_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    402: PaymentError,
    403: AccessError,
    404: NotFoundError,
    408: ServerError,
    409: NotReadyError,
    413: TooLargeError,
    422: InvalidRequestError,
    425: ServerError,
    429: RateLimitedError,
}
_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError)
_TLS = (requests.exceptions.SSLError, urllib3.exceptions.SSLError)


def no_answer(vendor: str, operation: str, base_url: str, error: Exception) -> TransportError:
    """The exception for an error of the libraries below."""
    advice: str | None = None
    if is_of_proxy(error):
        proxy = _proxy_of(base_url)
        said = f"the proxy {proxy} on the way to {base_url} does not work"
        advice = "check the proxy settings of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)"
    elif is_untrusted(error):
        said = f"the certificate of {base_url} is not trusted: {_verdict(error)}"
        advice = "give the store that holds its issuer as REQUESTS_CA_BUNDLE, or correct the base URL"
    elif is_unknown_name(error):
        said = f"cannot reach {base_url}: there is no host of this name"
    elif isinstance(error, _TIMEOUTS) and not never_sent(error):
        said = f"no answer from {base_url} in time"
    elif isinstance(error, requests.exceptions.InvalidURL | urllib3.exceptions.LocationParseError):
        said = f"{base_url} is no URL that can be called"
    elif isinstance(error, requests.exceptions.ContentDecodingError):
        said = f"the answer of {base_url} {error}"
    elif any(isinstance(cause, _TLS) for cause in causes(error)):
        said = f"no TLS connection to {base_url}"
    elif never_sent(error):
        said = f"cannot reach {base_url}"
    elif isinstance(error, requests.ConnectionError | urllib3.exceptions.ProtocolError):
        said = f"{base_url} broke the connection"
    else:
        said = f"{type(error).__name__} at {base_url}"
    cause = UnreachableError if never_sent(error) else TransportError
    return cause(vendor, operation, vendor_message=said, advice=advice)


def answered(
    vendor: str,
    operation: str,
    base_url: str,
    response: requests.Response,
    *,
    cause: type[ApiError] | None,
    code: str | None,
    vendor_message: str | None,
    details: Mapping[str, Any],
    advice: str | None,
) -> ApiError:
    """The exception for an answer that is not 2xx."""
    status = response.status_code
    other = ServerError if status >= 500 else MalformedAnswerError if status < 400 else InvalidRequestError
    said = vendor_message or _plain_words(response)
    if 300 <= status < 400:
        target = response.headers.get("Location", "")
        said = f"{base_url} redirects to {target}" if target else f"{base_url} redirects nowhere"
        advice = "if that is the vendor's new address, make it the base URL"
    elif status == 404 and _is_collection(response, base_url):
        said = f"{said or 'not found'}; the base URL is {base_url}"
        advice = f"check the path {urlsplit(base_url).path or '/'!r} of the base URL"
    found = (cause or _BY_STATUS.get(status, other))(
        vendor, operation, status=status, code=code, vendor_message=said, details=details, advice=advice
    )
    found.of_gateway = not code and not vendor_message
    return found


def _is_collection(response: requests.Response, base_url: str) -> bool:
    """Whether the URL named no id, so that nothing but the base URL can be wrong."""
    parts = urlsplit(response.url)
    rest = parts.path.removeprefix(urlsplit(base_url).path).strip("/")
    return "/" not in rest and "folder_id=" not in parts.query


def _verdict(error: BaseException) -> str:
    words = (getattr(cause, "verify_message", None) for cause in causes(error))
    return next((str(said) for said in words if said), "it does not hold")


def _proxy_of(base_url: str) -> str:
    proxies = requests.utils.get_environ_proxies(base_url) or {}
    return mask(str(requests.utils.select_proxy(base_url, proxies) or "of the environment"))


def _plain_words(response: requests.Response) -> str | None:
    """Something short to show of an error body that no vendor reader understood."""
    kind = response.headers.get("Content-Type", "")
    if "html" in kind:
        return f"an HTML page from {response.url.split('?')[0]}"
    return response.content[:400].decode("utf-8", "replace").strip() or None
