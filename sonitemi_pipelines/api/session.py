"""One way to call a vendor: bearer auth, time and size limits, retries of what is safe, politeness, errors by cause."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import requests
import urllib3.exceptions

from sonitemi_pipelines import __version__
from sonitemi_pipelines.api.bodies import BodyTooLargeError, BodyUnreadableError, json_of, read_body
from sonitemi_pipelines.api.deadlines import Call, CuttableAdapter, watched
from sonitemi_pipelines.api.failures import answered, no_answer
from sonitemi_pipelines.api.retries import PASSING_STATUSES, is_lasting, never_sent, pause_after, retry_after
from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.errors import ApiError, MalformedAnswerError, SettingsError, TransportError
from sonitemi_pipelines.masking import keep_secret, mask, mask_logs_of, one_line, without_password

log = logging.getLogger(__name__)

Body = tuple[Any, Mapping[str, str]]
"""What to send, and the headers that describe it."""
ErrorReader = Callable[[str, requests.Response], ApiError]
T = TypeVar("T")

JSON = "application/json"

_SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_SLOWEST = 250_000
"""Bytes a second: what is sent or downloaded may take so much longer than a call without it."""
_BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError)


class VendorSession:
    """Calls to one vendor. Safe to share between threads; each thread keeps its own connections.

    At most `in_flight` calls run at once. A 429 pauses every call to this vendor for what `Retry-After` says.
    GET, PUT and DELETE are tried again after what may pass: 5xx, 408, 425, 429, broken connections and, for GET,
    answers that are empty, cut or no JSON. POST only when no connection came about, so that nothing is done, and paid,
    twice.
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
        call_seconds: float = 300.0,
        max_body_mb: float = 256.0,
        attempts: int = 5,
        backoff: float = 0.5,
        longest_pause: float = 60.0,
        read_error: ErrorReader | None = None,
    ) -> None:
        """
        Args:
            call_seconds: what one call may take in all, its pauses and further tries included.
            max_body_mb: megabytes (1024 * 1024 bytes) an answer may have, decompressed.
        """
        if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
            # It would show in the error of the library that refuses it as a header.
            raise SettingsError(f"the API key of {vendor} contains characters that no API key has; copy the key again")
        self.vendor = vendor
        self.base_url = without_password(base_url.rstrip("/"))
        self._api_key = api_key
        keep_secret(api_key)
        self._slots = threading.BoundedSemaphore(in_flight)
        self._timeout = (connect_timeout, read_timeout)
        self._call_seconds = call_seconds
        self._most_bytes = int(max_body_mb * 2**20)
        self._attempts = attempts
        self._backoff = backoff
        self._longest_pause = longest_pause
        self._read_error = read_error or self.error_from
        self._local = threading.local()
        self._pause_until = 0.0
        self._stop = threading.Event()
        self._under_way: set[Call] = set()
        mask_logs_of("urllib3.connectionpool", "urllib3.util.retry")

    def __repr__(self) -> str:
        return f"VendorSession({self.vendor!r}, {self.base_url!r})"

    def fingerprint(self, salt: str) -> int:
        """A number by which the same key at the same URL is known again, and from which neither can be told."""
        told = hashlib.sha256(f"{salt}\n{self.base_url}\n{self._api_key}".encode()).digest()
        return int.from_bytes(told[:6], "big")

    def stop(self) -> None:
        """End every call, pause and retry at once; those who wait get TransportError. For a clean Ctrl-C."""
        self._stop.set()
        for call in list(self._under_way):
            call.cut()

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    def request(self, method: str, path: str, *, operation: str, **options: Any) -> requests.Response:
        """Make one call and return its 2xx answer, body read; options as for `ask`.

        Raises:
            ApiError: the subclass that names the cause.
        """
        return self.ask(method, path, operation=operation, read=lambda response: response, **options)

    def ask(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        read: Callable[[requests.Response], T],
        accept: str = JSON,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        make_body: Callable[[], Body] | None = None,
        read_timeout: float | None = None,
        sends: int = 0,
    ) -> T:
        """Make one call and return what `read` makes of its 2xx answer.

        Args:
            path: below the base URL, starting with '/'; ids in it already quoted.
            operation: name for errors and logs, such as 'media.get'.
            read: may raise MalformedAnswerError, and then a GET is tried again.
            make_body: called before every attempt for `(data, headers)` of a body that can be read only once.
            sends: bytes of the body; the call may take as much longer as a slow line needs for them.

        Raises:
            ApiError: the subclass that names the cause.
        """

        def send(call: Call) -> requests.Response:
            data, body_headers = make_body() if make_body is not None else (None, {})
            session, timeout = self._session(), (self._timeout[0], read_timeout or self._timeout[1])
            options: dict[str, Any] = {"timeout": timeout, "stream": True}
            # A redirect would turn a POST into a GET, or carry it to a page that is not the API.
            options["allow_redirects"] = False
            if method == "GET" and make_body is None and json is None and not session.cookies:
                request = self._get_of(session, accept).copy()
                request.prepare_url(self.base_url + path, params or {})
                own: dict[str, Any] = {"proxies": session.proxies, "verify": session.verify, "cert": session.cert}
                return self._read_whole(session.send(request, **own, **options))
            headers = {"Accept": accept, **body_headers}
            url = self.base_url + path
            response = session.request(method, url, params=params, headers=headers, data=data, json=json, **options)
            return self._read_whole(response)

        seconds = self._call_seconds + sends / _SLOWEST
        return self._call(operation, method, send, read, seconds)

    def download(self, url: str, target: Path, *, operation: str) -> None:
        """Stream `url`, which the vendor gave out, into the file `target`; it appears whole or not at all.

        The API key is not sent: such URLs point to a file store of somebody else.

        Raises:
            ApiError: the subclass that names the cause.
            OSError: the file cannot be written.
        """

        def send(call: Call) -> requests.Response:
            with requests.Session() as session:
                session.mount("http://", CuttableAdapter(pool_maxsize=1))
                session.mount("https://", CuttableAdapter(pool_maxsize=1))
                with session.get(url, stream=True, timeout=self._timeout) as response:
                    if not response.ok:
                        return self._read_whole(response)
                    with part.open("wb") as file:
                        for chunk in response.iter_content(1 << 20):
                            file.write(chunk)
                            call.until += len(chunk) / _SLOWEST
                return response

        part = target.with_name(target.name + ".part")
        try:
            self._call(operation, "GET", send, lambda response: response, self._call_seconds)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def pause(self, seconds: float, operation: str) -> None:
        """Sleep unless `stop()` is called, which raises TransportError."""
        if self._stop.wait(seconds):
            raise self._stopped(operation)

    def _call(
        self,
        operation: str,
        method: str,
        send: Callable[[Call], requests.Response],
        read: Callable[[requests.Response], T],
        seconds: float,
    ) -> T:
        perhaps_done = False
        until: float | None = None
        for attempt in range(1, self._attempts + 1):
            rest = pause_after(attempt, self._backoff, self._longest_pause)
            try:
                with self._slot(operation):
                    until = time.monotonic() + seconds if until is None else until
                    response = self._once(operation, send, until, seconds)
            except _BROKEN as error:
                was_sent = not never_sent(error)
                failure: ApiError = no_answer(self.vendor, operation, self.base_url, error)
                log.debug("%s %s: %s", self.vendor, operation, mask(traceback.format_exc()))
                again = not is_lasting(error) and (method in _SAFE_METHODS or not was_sent)
                perhaps_done = perhaps_done or was_sent
            else:
                # The attempt before may have deleted it although its answer was lost.
                deleted_before = method == "DELETE" and response.status_code == 404 and perhaps_done
                if (response.ok and response.status_code < 300) or deleted_before:
                    try:
                        return read(response)
                    except MalformedAnswerError as error:
                        failure, again = error, method == "GET"
                else:
                    failure = self._read_error(operation, response)
                    passing = response.status_code >= 500 or response.status_code in PASSING_STATUSES
                    again = passing and method in _SAFE_METHODS
                    rest = max(rest, retry_after(response) or 0.0)
                    perhaps_done = perhaps_done or response.status_code != 429
                    if again and response.status_code == 429 and rest <= self._longest_pause:
                        self._pause_until = max(self._pause_until, time.monotonic() + rest)
            too_long = rest > self._longest_pause or time.monotonic() + rest > until if until is not None else False
            if not again or attempt == self._attempts or too_long:
                raise failure from None
            self.pause(rest, operation)
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def _slot(self, operation: str) -> Iterator[None]:
        with self._slots:
            while (rest := self._pause_until - time.monotonic()) > 0:
                self.pause(rest, operation)
            if self._stop.is_set():
                raise self._stopped(operation)
            yield

    def _once(
        self, operation: str, send: Callable[[Call], requests.Response], until: float, seconds: float
    ) -> requests.Response:
        """One attempt, ended by `stop()` and by its time limit."""
        with watched(until) as call:
            self._under_way.add(call)
            try:
                if self._stop.is_set():
                    raise self._stopped(operation)
                response = send(call)
            except BodyTooLargeError:
                said = f"the answer from {self.base_url} has more than {self._most_bytes / 2**20:g} MB, decompressed"
                advice = "raise SONITEMI_MAX_BODY_MB if that is right"
                raise MalformedAnswerError(self.vendor, operation, vendor_message=said, advice=advice) from None
            except Exception as error:
                if self._stop.is_set():
                    raise self._stopped(operation) from None
                if call.is_cut:
                    raise self._too_slow(operation, seconds) from None
                if isinstance(error, OSError) and not isinstance(error, _BROKEN):
                    self._check_certificates(operation)
                raise
            finally:
                self._under_way.discard(call)
            if call.is_cut:
                # A body whose length nobody told ends without an error when its connection is cut.
                raise self._stopped(operation) if self._stop.is_set() else self._too_slow(operation, seconds)
        return response

    def _read_whole(self, response: requests.Response) -> requests.Response:
        try:
            body = read_body(response, self._most_bytes)
        except BodyUnreadableError as error:
            raise requests.exceptions.ContentDecodingError(str(error), response=response) from None
        finally:
            response.close()
        response._content, response._content_consumed = body, True  # type: ignore[attr-defined]
        return response

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
        return answered(
            self.vendor,
            operation,
            self.base_url,
            response,
            cause=cause,
            code=code and self._own(code),
            vendor_message=vendor_message and self._own(vendor_message),
            details={name: self._own(value) for name, value in (details or {}).items()},
            advice=advice,
        )

    def decode(self, operation: str, response: requests.Response) -> Any:
        """The JSON of an answer.

        Raises:
            MalformedAnswerError: it is not JSON, such as a login page.
        """
        try:
            return json_of(response.content)
        except ValueError as error:
            raise self.malformed(operation, str(error), response) from None

    def error_body(self, response: requests.Response) -> dict[str, Any]:
        """The members of an error's JSON object; none where it is something else."""
        try:
            found = json_of(response.content)
        except ValueError:
            return {}
        return dict(found) if isinstance(found, Mapping) else {}

    def malformed(self, operation: str, why: str, response: requests.Response | None = None) -> MalformedAnswerError:
        """The exception for a 2xx answer that does not have the documented shape."""
        kind = "" if response is None else f" ({response.headers.get('Content-Type', 'no content type')[:60]})"
        return MalformedAnswerError(
            self.vendor,
            operation,
            status=None if response is None else response.status_code,
            vendor_message=f"{one_line(why)}{kind} from {self.base_url}",
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("http://", CuttableAdapter(pool_maxsize=1))
            session.mount("https://", CuttableAdapter(pool_maxsize=1))
            # Proxies and certificates of the environment are looked up once: every call goes to the same host, and
            # the look costs as much as the call. That also keeps a ~/.netrc entry from replacing the key.
            found = session.merge_environment_settings(self.base_url, {}, None, None, None)
            session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
            session.auth = self._authorize
            session.headers["User-Agent"] = f"sonitemi-pipelines/{__version__}"
            session.headers["Accept-Encoding"] = "gzip, deflate"
            self._local.session, self._local.gets = session, {}
        return session

    def _get_of(self, session: requests.Session, accept: str) -> requests.PreparedRequest:
        """A GET of this session but for its URL: to put one together from the session's settings costs a fifth of a
        call, and all of them say the same.
        """
        made: dict[str, requests.PreparedRequest] = self._local.gets
        if accept not in made:
            made[accept] = session.prepare_request(requests.Request("GET", self.base_url, headers={"Accept": accept}))
        return made[accept]

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request

    def _own(self, value: Any) -> Any:
        """What the vendor said without the key it was sent, however short that is."""
        return value.replace(self._api_key, "<key>") if isinstance(value, str) else value

    def _stopped(self, operation: str) -> TransportError:
        return TransportError(self.vendor, operation, vendor_message="stopped", advice="run again")

    def _too_slow(self, operation: str, seconds: float) -> TransportError:
        said = f"{self.base_url} took more than {seconds:g} s in all"
        return TransportError(
            self.vendor, operation, vendor_message=said, advice="raise SONITEMI_CALL_SECONDS if that is right"
        )

    def _check_certificates(self, operation: str) -> None:
        """Name the certificate store where the environment points to one that is not there."""
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            path = environment().get(name)
            if path and not Path(path).exists():
                said = f"there is no certificate store at {name}={path}"
                raise TransportError(self.vendor, operation, vendor_message=said, advice=f"correct {name}") from None
