"""The HTTP side: one ASGI app for both vendors, served by uvicorn in a thread, and the command's run-until-signal."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.sandbox import sonix_account, sonix_answers, sonix_media, sonix_tasks, sonix_transcripts, temi
from sonitemi_pipelines.sandbox.calls import Call, Operation, Refusal, answer, read_call
from sonitemi_pipelines.sandbox.connections import Connections
from sonitemi_pipelines.sandbox.control import control_routes
from sonitemi_pipelines.sandbox.faults import Fault
from sonitemi_pipelines.sandbox.served import Served

# `/media/folders` has to be tried before `/media/{id}`.
OPERATIONS: tuple[Operation, ...] = (
    *sonix_account.OPERATIONS,
    *sonix_media.OPERATIONS,
    *sonix_transcripts.OPERATIONS,
    *sonix_tasks.OPERATIONS,
    *temi.OPERATIONS,
)
_TEMI_PATHS = ("/v1/jobs", "/v1/account")
_PROXY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0} Bad Gateway</h1><hr>proxy</body></html>"


class _Drop(Exception):
    """Cut the connection instead of answering."""


def create_app(sandbox: Served, connections: Connections) -> Starlette:
    """Both vendors under /v1, the control endpoint under /_sandbox."""
    routes = [
        Route(f"/v1{operation.path}", _Endpoint(sandbox, connections, operation), methods=[operation.method])
        for operation in OPERATIONS
    ]

    async def not_routed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        said = {404: "Not found", 405: "Method not allowed"}.get(status, "Internal error")
        if request.url.path.startswith(_TEMI_PATHS):
            return answer({"message": said}, status)
        return sonix_answers.error(status, said)

    app = Starlette(routes=[*routes, *control_routes(sandbox)], exception_handlers={HTTPException: not_routed})
    app.router.redirect_slashes = False
    return app


class _Endpoint:
    """An ASGI endpoint for one operation: read, count, let hooks and faults act, check the key, answer."""

    def __init__(self, sandbox: Served, connections: Connections, operation: Operation) -> None:
        self._sandbox = sandbox
        self._connections = connections
        self._operation = operation
        self._provider = operation.name.split()[0]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(await read_call(Request(scope, receive)))
        except _Drop:
            await self._connections.cut(scope)
            return
        await response(scope, receive, send)

    async def _respond(self, call: Call) -> Response:
        sandbox, name = self._sandbox, self._operation.name
        record_id = call.ids.get("id")
        received, number = sandbox.traffic.arrived(name, record_id, call)
        if sandbox.hook is not None:
            await run_in_threadpool(sandbox.hook, name, record_id, number)
        fault = sandbox.faults.take(name, record_id, call.query)
        delay = sandbox.latency_ms / 1000 + (fault.slow_s if fault is not None else 0.0)
        if delay:
            await asyncio.sleep(delay)
        if fault is None or fault.only_slow or fault.after:
            response = self._answer(call)
        if fault is not None and not fault.only_slow:
            if fault.drop_connection:
                raise _Drop
            response = self._faulty(fault)
        elif name in ("sonix transcript.get", "temi transcript.get"):
            self._note_served(call, response)
        sandbox.traffic.answered(received, response.status_code)
        return response

    def _answer(self, call: Call) -> Response:
        vendors = self._sandbox.vendors
        with vendors.lock:
            if not _authorized(call, self._sandbox.keys[self._provider]):
                if self._provider == "temi":
                    return answer({"message": "Authorization has been denied for this request."}, 401)
                return sonix_answers.error(401, "Invalid API key")
            try:
                if call.malformed is not None and self._provider == "sonix":
                    raise sonix_answers.refusal(400, call.malformed)
                return self._operation.handler(vendors, call)
            except Refusal as refusal:
                return refusal.response

    def _faulty(self, fault: Fault) -> Response:
        if fault.body is not None:
            response = Response(fault.body, fault.status, media_type="application/json")
        elif fault.html:
            response = Response(_PROXY_PAGE.format(fault.status), fault.status, media_type="text/html; charset=utf-8")
        elif self._provider == "temi":
            response = answer({"title": "An error has occurred.", "detail": f"status {fault.status}"}, fault.status)
        else:
            response = sonix_answers.error(fault.status, _SONIX_MESSAGES.get(fault.status, "Something went wrong"))
        if fault.retry_after is not None:
            response.headers["Retry-After"] = fault.retry_after
        return response

    def _note_served(self, call: Call, response: Response) -> None:
        is_json = response.headers.get("content-type", "").startswith("application/json")
        if response.status_code == 200 and is_json:
            if self._provider == "temi":
                variant = call.get("version") or "latest"
            else:
                media = self._sandbox.vendors.sonix.media.get(call.ids["id"])
                language = call.get("language")
                original = not language or (media is not None and language == media.language)
                variant = "latest" if original else f"translation-{language}"
            revision = hashlib.sha256(bytes(response.body)).hexdigest()
            self._sandbox.traffic.served(self._provider, call.ids["id"], variant, revision)


_SONIX_MESSAGES = {
    400: "Invalid request",
    401: "Invalid API key",
    402: "Payment Error",
    403: "No API access",
    404: "Media file not found",
    409: "Media file is being transcribed",
    429: "Too many requests",
}


def _authorized(call: Call, key: str) -> bool:
    scheme, _, given = call.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), key.encode())


@contextmanager
def listening(sandbox: Served, port: int) -> Iterator[str]:
    """Serve until the block ends; gives scheme, host and port.

    Raises:
        SonitemiError: the port is taken.
    """
    connections = Connections()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise SonitemiError(f"the sandbox cannot listen on port {port} ({error.strerror}); give another") from error
        config = uvicorn.Config(
            create_app(sandbox, connections),
            http=connections.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise SonitemiError("the sandbox did not start")
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
