"""One way to call a vendor: bearer auth, time limits, retries of what is safe, politeness, errors by cause."""

from __future__ import annotations

import json as jsonlib
import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from sonitemi_pipelines import __version__
from sonitemi_pipelines.api.retries import hopeless, never_sent, retry_after
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
    SettingsError,
    TooLargeError,
    TransportError,
    UnreachableError,
)

Body = tuple[Any, Mapping[str, str]]
"""What to send, and the headers that describe it."""
ErrorReader = Callable[[str, requests.Response], ApiError]

_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    402: PaymentError,
    403: AccessError,
    404: NotFoundError,
    409: NotReadyError,
    413: TooLargeError,
    422: InvalidRequestError,
    429: RateLimitedError,
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


class VendorSession:
    """Calls to one vendor. Safe to share between threads; each thread keeps its own connections.

    At most `in_flight` calls run at once. A 429 pauses every call to this vendor for what `Retry-After` says.
    GET, PUT and DELETE are tried again after 5xx and broken connections; POST only after 429 or when no
    connection came about, so that nothing is submitted, and paid, twice.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        api_key: str,
        *,
        in_flight: int = 8,
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
        attempts: int = 5,
        backoff: float = 0.5,
        longest_pause: float = 60.0,
        read_error: ErrorReader | None = None,
    ) -> None:
        if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
            # It would show in the error of the library that refuses it as a header.
            raise SettingsError(f"the API key of {vendor} holds characters no API key has; copy the key again")
        self.vendor = vendor
        self.base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._slots = threading.BoundedSemaphore(in_flight)
        self._timeout = (connect_timeout, read_timeout)
        self._attempts = attempts
        self._backoff = backoff
        self._longest_pause = longest_pause
        self._read_error = read_error or self.error_from
        self._local = threading.local()
        self._pause_until = 0.0
        self._stop = threading.Event()

    def __repr__(self) -> str:
        return f"VendorSession({self.vendor!r}, {self.base_url!r})"

    def stop(self) -> None:
        """Make every pause and retry end at once; calls that wait raise TransportError. For a clean Ctrl-C."""
        self._stop.set()

    def request(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        make_body: Callable[[], Body] | None = None,
        read_timeout: float | None = None,
    ) -> requests.Response:
        """Make one call and return its 2xx answer, body read.

        Args:
            path: below the base URL, starting with '/'; ids in it already quoted.
            operation: name for errors and logs, such as 'media.get'.
            make_body: called before every attempt for `(data, headers)` of a body that can be read only once.

        Raises:
            ApiError: the subclass that names the cause.
        """

        def send() -> requests.Response:
            data, body_headers = make_body() if make_body is not None else (None, {})
            return self._session().request(
                method,
                self.base_url + path,
                params=params,
                headers={**(headers or {}), **body_headers},
                data=data,
                json=json,
                timeout=(self._timeout[0], read_timeout or self._timeout[1]),
                # A redirect would turn a POST into a GET, or carry it to a page that is not the API.
                allow_redirects=False,
            )

        return self._call(operation, send, repeatable=method in _SAFE_METHODS)

    def download(self, url: str, target: Path, *, operation: str) -> None:
        """Stream `url`, which the vendor gave out, into the file `target`; it appears whole or not at all.

        The API key is not sent: such URLs point to a file store of somebody else.

        Raises:
            ApiError: the subclass that names the cause.
            OSError: the file cannot be written.
        """

        def send() -> requests.Response:
            with requests.get(url, stream=True, timeout=self._timeout) as response:
                if response.ok:
                    with part.open("wb") as file:
                        for chunk in response.iter_content(1 << 20):
                            file.write(chunk)
                else:
                    response.content  # noqa: B018 - read while open, for the error's words
            return response

        part = target.with_name(target.name + ".part")
        try:
            self._call(operation, send, repeatable=True)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def pause(self, seconds: float, operation: str) -> None:
        """Sleep unless `stop()` is called, which raises TransportError."""
        if self._stop.wait(seconds):
            raise TransportError(self.vendor, operation, vendor_message="stopped", advice="run again")

    def _call(self, operation: str, send: Callable[[], requests.Response], *, repeatable: bool) -> requests.Response:
        perhaps_done = False
        for attempt in range(1, self._attempts + 1):
            try:
                with self._slots:
                    while (rest := self._pause_until - time.monotonic()) > 0:
                        self.pause(rest, operation)
                    response = send()
            except requests.RequestException as error:
                was_sent = not never_sent(error)
                if attempt == self._attempts or (was_sent and not repeatable) or hopeless(error):
                    raise self._no_answer(operation, error) from error
                perhaps_done = perhaps_done or was_sent
                self.pause(self._delay(attempt), operation)
                continue
            # The attempt before may have deleted it although its answer was lost.
            deleted_before = response.request.method == "DELETE" and response.status_code == 404 and perhaps_done
            if (response.ok and response.status_code < 300) or deleted_before:
                return response
            retry = response.status_code == 429 or (repeatable and response.status_code in _RETRIED_STATUSES)
            asked = retry_after(response)
            rest = self._delay(attempt) if asked is None else asked
            if not retry or attempt == self._attempts or rest > self._longest_pause:
                raise self._read_error(operation, response)
            if response.status_code == 429:
                self._pause_until = max(self._pause_until, time.monotonic() + rest)
            else:
                perhaps_done = True
                self.pause(rest, operation)
        raise AssertionError("unreachable")

    def error_from(
        self,
        operation: str,
        response: requests.Response,
        *,
        cause: type[ApiError] | None = None,
        code: str | None = None,
        vendor_message: str | None = None,
        details: Mapping[str, Any] | None = None,
        advice: str | None = None,
    ) -> ApiError:
        """The exception for an answer that is not 2xx: by status unless `cause` says otherwise."""
        status = response.status_code
        other = ServerError if status >= 500 else MalformedAnswerError if status < 400 else InvalidRequestError
        cause = cause or _BY_STATUS.get(status, other)
        said = vendor_message or _plain_words(response)
        return cause(
            self.vendor,
            operation,
            status=status,
            code=code,
            vendor_message=said and said.replace(self._api_key, "<key>"),
            details=details,
            advice=advice,
        )

    def decode(self, operation: str, response: requests.Response) -> Any:
        """The JSON of an answer.

        Raises:
            MalformedAnswerError: it is not JSON, such as a login page.
        """
        try:
            found = jsonlib.loads(response.content)
        except ValueError as error:
            raise self.malformed(operation, "the answer is not JSON", response) from error
        if b"\\ud" in response.content.lower():
            # Half a surrogate pair is valid JSON, and no text that a table can hold.
            whole = jsonlib.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass")
            found = jsonlib.loads(whole.decode("utf-16", "replace"))
        return found

    def malformed(self, operation: str, why: str, response: requests.Response | None = None) -> MalformedAnswerError:
        """The exception for a 2xx answer that does not have the documented shape."""
        kind = "" if response is None else f" ({response.headers.get('Content-Type', 'no content type')})"
        return MalformedAnswerError(
            self.vendor,
            operation,
            status=None if response is None else response.status_code,
            vendor_message=f"{why}{kind} from {self.base_url}",
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("http://", HTTPAdapter(pool_maxsize=1))
            session.mount("https://", HTTPAdapter(pool_maxsize=1))
            # Set as auth, not as a header, so that a ~/.netrc entry cannot replace the key.
            session.auth = self._authorize
            session.headers["User-Agent"] = f"sonitemi-pipelines/{__version__}"
            self._local.session = session
        return session

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request

    def _delay(self, attempt: int) -> float:
        return float(min(self._backoff * 2 ** (attempt - 1), self._longest_pause) * random.uniform(0.5, 1.0))

    def _no_answer(self, operation: str, error: requests.RequestException) -> TransportError:
        if isinstance(error, requests.Timeout):
            said = f"no answer from {self.base_url} in time"
        elif isinstance(error, requests.exceptions.SSLError):
            said = f"no trusted TLS connection to {self.base_url}"
        elif isinstance(error, requests.ConnectionError):
            said = f"cannot reach {self.base_url}" if never_sent(error) else f"{self.base_url} broke the connection"
        else:
            said = f"{type(error).__name__} at {self.base_url}"
        cause = UnreachableError if never_sent(error) else TransportError
        return cause(self.vendor, operation, vendor_message=said)


def _plain_words(response: requests.Response) -> str | None:
    """Something short to show of an error body that no vendor reader understood."""
    kind = response.headers.get("Content-Type", "")
    if "html" in kind:
        return f"an HTML page from {response.url.split('?')[0]}"
    return " ".join(response.text[:200].split()) or None
