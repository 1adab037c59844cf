"""The control endpoint, `/_sandbox/...`: what other processes use to look at the sandbox and let time pass."""

from __future__ import annotations

import math
import struct
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.sandbox.served import Served

_ACTIONS = (
    "add_sonix", "add_temi", "complete", "fail", "set_status", "edit", "delete", "restore", "move", "rename", "label",
    "delete_folder", "complete_task", "complete_batch", "set_transcript", "set_balance", "set_batch_credit",
    "set_webhook", "start_life", "stop_life", "reset_counts",
)  # fmt: skip
_FAULT_ACTIONS = {"fail_next": "fail_next", "random_faults": "random", "clear_faults": "clear"}


def control_routes(sandbox: Served) -> list[Route]:
    """GET health, counts, served, truth, files/<name>; POST <action> with the arguments of the method as JSON."""

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def counts(request: Request) -> Response:
        operation = request.query_params.get("operation")
        ok = request.query_params.get("ok") == "true"
        return JSONResponse(sandbox.counts_by_id(operation, ok=ok) if operation else sandbox.counts(ok=ok))

    async def served(request: Request) -> Response:
        rows = sandbox.traffic.served_revisions().items()
        names = ("provider", "id", "variant", "revision", "count")
        return JSONResponse([dict(zip(names, (*key, n), strict=True)) for key, n in rows])

    async def truth(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(sandbox.truth))

    async def act(request: Request) -> Response:
        name = request.path_params["action"]
        try:
            arguments = await request.json() if await request.body() else {}
            result = await run_in_threadpool(_act, sandbox, name, arguments)
        except (SonitemiError, TypeError, ValueError, ArithmeticError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"result": result})

    async def file(request: Request) -> Response:
        kind = request.path_params["name"].rpartition(".")[2]
        return Response(_media_file(kind), media_type={"wav": "audio/wav", "mp4": "video/mp4"}.get(kind, "audio/mpeg"))

    return [
        Route("/_sandbox/health", health),
        Route("/_sandbox/counts", counts),
        Route("/_sandbox/served", served),
        Route("/_sandbox/truth", truth),
        Route("/_sandbox/files/{name}", file),
        Route("/_sandbox/{action}", act, methods=["POST"]),
    ]


def _act(sandbox: Served, name: str, arguments: dict[str, Any]) -> Any:
    if name in _FAULT_ACTIONS:
        return getattr(sandbox.faults, _FAULT_ACTIONS[name])(**arguments)
    if name not in _ACTIONS:
        known = ", ".join((*_ACTIONS, *_FAULT_ACTIONS))
        raise ValueError(f"the sandbox has no action {name}; it has {known}")
    if isinstance(arguments.get("at"), str):
        arguments["at"] = datetime.fromisoformat(arguments["at"])
    return getattr(sandbox, name)(**arguments)


def _media_file(kind: str) -> bytes:
    """A tenth of a second of a quiet tone (wav), or the smallest thing a player takes for the format."""
    if kind == "wav":
        rate = 8000
        samples = [round(3000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(rate // 10)]
        data = struct.pack(f"<{len(samples)}h", *samples)
        head = struct.pack("<4sI8sIHHIIHH", b"RIFF", 36 + len(data), b"WAVEfmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
        return head + struct.pack("<4sI", b"data", len(data)) + data
    if kind == "mp4":
        return struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom")
    return (b"\xff\xfb\x90\x00" + bytes(413)) * 4
