"""The receiver: an ASGI app that puts vendors' callbacks into the inbox, and the server that runs it."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import math
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.masking import keep_secret, mask_bytes
from sonitemi_pipelines.settings.webhooks import WebhookSettings
from sonitemi_pipelines.webhooks.counters import CONTENT_TYPE, Outcome, RequestCounters
from sonitemi_pipelines.webhooks.events import Delivery, Receipt
from sonitemi_pipelines.webhooks.group_commit import GroupCommit
from sonitemi_pipelines.webhooks.hints import Hint, MalformedBodyError
from sonitemi_pipelines.webhooks.hooks import Hook
from sonitemi_pipelines.webhooks.inbox import Inbox, InboxError
from sonitemi_pipelines.webhooks.rate_limit import RateLimiter
from sonitemi_pipelines.webhooks.signature import SIGNATURE_HEADER, verify_signature
from sonitemi_pipelines.webhooks.slow_clients import guarded

_log = logging.getLogger(__name__)

# Each connection may hold one body, so this times `max_body` bounds memory.
_CONNECTIONS = 256
# A sender over the size limit reads its 413 only after it has sent all; beyond this it is cut off instead.
_DRAINED = 8


class _Rejected(Exception):
    """A request that is answered with an error and leaves nothing but a counter."""

    def __init__(self, outcome: Outcome, status: int, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.status = status
        self.message = message
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


class Receiver:
    """The handlers behind the routes. Made when the server starts; lives on its event loop."""

    def __init__(self, config: WebhookSettings) -> None:
        self._config = config
        keep_secret(config.url_secret)
        self._inbox = Inbox(config.inbox_path(), dedup_window=config.dedup_window)
        self._writer = GroupCommit(self._inbox)
        self._limiter = RateLimiter(config.rate_limit, 2 * config.rate_limit)
        self._counters = RequestCounters()

    async def close(self) -> None:
        await self._writer.close()
        self._inbox.close()

    async def health(self, _: Request) -> Response:
        """200 while the inbox can be read, 503 when not."""
        try:
            counts = await asyncio.to_thread(self._inbox.counts)
        except InboxError:
            return JSONResponse({"status": "inbox cannot be read"}, 503)
        return JSONResponse({"status": "ok", "pending": counts.pending})

    async def metrics(self, _: Request) -> Response:
        try:
            counts = await asyncio.to_thread(self._inbox.counts)
        except InboxError:
            return PlainTextResponse("inbox cannot be read\n", 503)
        page = self._counters.render(counts, self._writer.commits)
        return Response(page, media_type=CONTENT_TYPE)

    async def receive(self, hook: Hook, request: Request) -> Response:
        """What a vendor sends to one of its routes."""
        try:
            wait = self._limiter.wait(request.client.host if request.client else "")
            if wait > 0:
                raise _Rejected("rate_limited", 429, "too many requests", retry_after=math.ceil(wait))
            body = await (self._signed_body(hook, request) if hook.signed else self._secret_body(request))
            try:
                hint = hook.read(body)
            except MalformedBodyError as error:
                raise _Rejected("malformed", 400, str(error)) from error
            receipt = await self._store(hook, hint, body)
            if receipt == "replayed":
                raise _Rejected("replayed", 409, "this event was received before")
        except _Rejected as rejected:
            self._counters.count(hook.name, rejected.outcome)
            if rejected.status == 404:
                raise HTTPException(404) from rejected
            return JSONResponse({"error": rejected.message}, rejected.status, rejected.headers)
        self._counters.count(hook.name, receipt)
        return JSONResponse({"status": receipt})

    async def _store(self, hook: Hook, hint: Hint, body: bytes) -> Receipt:
        delivery = Delivery(
            provider=hook.provider,
            recording_id=hint.recording_id,
            kind=hint.kind,
            language=hint.language,
            received_at=utc_now(),
            signed=hook.signed,
            # Temi sends the callback URL back, and in it the secret that guards this route.
            body=mask_bytes(body),
        )
        try:
            return await self._writer.put(delivery)
        except InboxError as error:
            _log.error("%s", error)
            raise _Rejected("not_stored", 503, "not stored; send it again", retry_after=5) from error

    async def _secret_body(self, request: Request) -> bytes:
        given = request.path_params["secret"].encode()
        expected = (self._config.url_secret or "").encode()
        if not expected or not hmac.compare_digest(given, expected):
            raise _Rejected("bad_secret", 404, "not found")
        return await self._body(request)

    async def _signed_body(self, hook: Hook, request: Request) -> bytes:
        body = await self._body(request)
        secret = self._config.signing_secrets.get(hook.provider, "")
        if not verify_signature(secret, body, request.headers.get(SIGNATURE_HEADER, "")):
            raise _Rejected("bad_signature", 401, f"{SIGNATURE_HEADER} is missing or wrong")
        return body

    async def _body(self, request: Request) -> bytes:
        limit = self._config.max_body
        kept = bytearray()
        size = 0
        try:
            async with asyncio.timeout(self._config.body_timeout):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size <= limit:
                        kept += chunk
                    else:
                        kept.clear()
                    if size > _DRAINED * limit:
                        break
        except TimeoutError as error:
            raise _Rejected("too_slow", 408, "the body took too long") from error
        except ClientDisconnect as error:
            raise _Rejected("disconnected", 400, "the body is incomplete") from error
        if size > limit:
            raise _Rejected("too_large", 413, f"the body has more than {limit} bytes")
        return bytes(kept)


def create_app(config: WebhookSettings, hooks: Sequence[Hook]) -> Starlette:
    """The ASGI app. Run it in one process: rate limits and counters are kept in memory.

    Routes: POST to the path of each signed hook and, with the secret behind it, of each other, GET `/health`, GET
    `/metrics`. Routes without a secret to guard them are off: 404.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.receiver = receiver = Receiver(config)
        try:
            yield
        finally:
            await receiver.close()

    def route(path: str, method: str, name: str, handler: Callable[[Receiver, Request], Awaitable[Response]]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await handler(request.app.state.receiver, request)

        return Route(path, endpoint, methods=[method], name=name)

    def receiving(hook: Hook) -> Callable[[Receiver, Request], Awaitable[Response]]:
        return lambda receiver, request: receiver.receive(hook, request)

    routes = [
        route("/health", "GET", "health", Receiver.health),
        route("/metrics", "GET", "metrics", Receiver.metrics),
    ]
    for hook in hooks:
        if hook.signed and hook.provider in config.signing_secrets:
            routes.append(route(hook.path, "POST", hook.name, receiving(hook)))
        elif hook.signed:
            _log.warning(
                "%s_WEBHOOK_SECRET is not set: signed %s webhooks (%s) are off",
                hook.provider.upper(),
                hook.provider.capitalize(),
                hook.path,
            )
        elif config.url_secret:
            routes.append(route(f"{hook.path}/{{secret}}", "POST", hook.name, receiving(hook)))
    if not config.url_secret:
        paths = ", ".join(hook.path for hook in hooks if not hook.signed)
        _log.warning("SONITEMI_WEBHOOK_URL_SECRET is not set: callbacks (%s) are off", paths)
    return Starlette(routes=routes, lifespan=lifespan)


def serve(config: WebhookSettings, hooks: Sequence[Hook], *, host: str = "127.0.0.1", port: int = 8787) -> None:
    """Receive webhooks until SIGINT or SIGTERM; what was accepted by then is stored and answered first.

    Logs (to stderr, unless logging is already set up) the address once it accepts connections; port 0 takes a free
    one. There is no access log, because request
    lines hold the URL secret.

    Raises:
        SettingsError: no secret is set, or the address cannot be bound.
        InboxError: the inbox cannot be opened.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    signing = [f"{hook.provider.upper()}_WEBHOOK_SECRET" for hook in hooks if hook.signed]
    if not (config.url_secret or any(hook.provider in config.signing_secrets for hook in hooks if hook.signed)):
        raise SettingsError(
            "no webhook secret is set, so nothing could be received; set SONITEMI_WEBHOOK_URL_SECRET (callbacks), "
            f"{', '.join(signing)} (signed webhooks) or both"
        )
    Inbox(config.inbox_path(), dedup_window=config.dedup_window).close()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"webhooks cannot listen on {host} port {port}: {error.strerror or error}; choose another address or port"
        ) from error
    with listener:
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        _log.info("receiving webhooks on http://%s:%d", shown, listener.getsockname()[1])
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(config, hooks),
                access_log=False,
                log_config=None,
                server_header=False,
                http=guarded(config.header_timeout, config.max_header),
                proxy_headers=True,
                forwarded_allow_ips=config.trusted_proxies,
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=15,
            )
        )
        server.run(sockets=[listener])
    if not server.started:
        raise InboxError(f"webhooks could not start on the inbox {config.inbox}; the log says why")
