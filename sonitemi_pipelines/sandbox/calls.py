"""One request as a vendor's server reads it, and the answers it can give."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from sonitemi_pipelines.sandbox.vendors import Vendors

_LARGEST_FORM_FIELD = 256 * 2**20
_KEPT_CONTENT = 64 * 2**10


@dataclass(frozen=True)
class Upload:
    """A file part: its size in bytes, and its content when it is small."""

    filename: str
    content_type: str
    size: int
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Call:
    """One request, body read.

    Attributes:
        query, form: parameters in the order they came.
        json: the decoded body of an application/json request, None for others.
        malformed: why the body cannot be read, None when it can.
    """

    method: str
    path: str
    ids: Mapping[str, str]
    headers: Mapping[str, str]
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    files: dict[str, Upload]
    json: Any
    malformed: str | None
    body_size: int

    def get(self, name: str, default: str | None = None) -> str | None:
        """A parameter from the form or the query string, wherever it stands; the last one wins."""
        found = default
        for key, value in [*self.query, *self.form]:
            if key == name:
                found = value
        return found

    def all(self, name: str) -> list[str]:
        return [value for key, value in [*self.query, *self.form] if key == name]


Handler = Callable[["Vendors", Call], Response]


@dataclass(frozen=True)
class Operation:
    """One operation of a vendor's document: its name as counted, such as 'sonix media.list', and who answers it."""

    name: str
    method: str
    path: str
    handler: Handler


class Refusal(Exception):
    """An error answer, raised from wherever the reason is found."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def answer(content: Any, status: int = 200, media_type: str = "application/json; charset=utf-8") -> Response:
    return Response(msgspec.json.encode(content), status, media_type=media_type)


async def read_call(request: Request) -> Call:
    """Read a request whole: query, multipart or urlencoded form, files (their bytes counted, not kept), JSON."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    form: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    body_json: Any = None
    malformed: str | None = None
    size = int(request.headers.get("content-length") or 0)
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        try:
            async with request.form(max_part_size=_LARGEST_FORM_FIELD) as fields:
                for name, value in fields.multi_items():
                    if isinstance(value, UploadFile):
                        files[name] = await _upload(value)
                    else:
                        form.append((name, value))
        except Exception as error:
            malformed = f"the form cannot be read: {error}"
    else:
        body = await request.body()
        size = len(body)
        if kind == "application/json" or kind.endswith("+json"):
            try:
                body_json = json.loads(body)
            except ValueError as error:
                malformed = f"the JSON cannot be read: {error}"
    return Call(
        request.method,
        request.url.path,
        {name: str(value) for name, value in request.path_params.items()},
        dict(request.headers),
        list(request.query_params.multi_items()),
        form,
        files,
        body_json,
        malformed,
        size,
    )


async def _upload(file: UploadFile) -> Upload:
    size = file.size or 0
    content = await file.read() if size <= _KEPT_CONTENT else b""
    return Upload(file.filename or "", file.content_type or "", size, content)
