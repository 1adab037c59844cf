"""What the resources of both vendors share: paths, form bodies, typed answers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar
from urllib.parse import quote

import requests
from requests_toolbelt import MultipartEncoder

from sonitemi_pipelines.api.bodies import looks_like_json
from sonitemi_pipelines.api.listing import Rows, Unreadable, is_usable_id, unreadable
from sonitemi_pipelines.api.polling import T, wait_until_completed
from sonitemi_pipelines.api.records import NamedRecord, Record
from sonitemi_pipelines.api.sent import Known, Row, Sent
from sonitemi_pipelines.api.session import Body, VendorSession
from sonitemi_pipelines.api.statuses import Statuses
from sonitemi_pipelines.errors import NotFoundError, RefusedError

R = TypeVar("R", bound=Record)
N = TypeVar("N", bound=NamedRecord)


@dataclass
class Page(Generic[R]):
    """A page of a list.

    Attributes:
        rest: the other members of the answer.
        unreadable: rows that cannot be taken.
    """

    rows: list[Row[R]]
    rest: dict[str, Any]
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def records(self) -> list[R]:
        """What was read of the rows; none of those that are known."""
        return [row.record for row in self.rows if row.record is not None]


class Resource:
    """One group of a vendor's operations, such as `client.media`."""

    def __init__(self, session: VendorSession) -> None:
        self._session = session

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session!r})"

    def _get(self, operation: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._session.ask(
            "GET",
            path,
            operation=operation,
            params=form_values(params or {}),
            read=lambda response: self._session.decode(operation, response),
        )

    def _send(
        self, method: str, operation: str, paths: str | Sequence[str], fields: Mapping[str, Any], parent: str = ""
    ) -> Any:
        """Send `fields` as a form; of several `paths` the next is tried when there is no such path.

        Args:
            parent: what the request names, such as 'media'; a 404 that speaks of it says nothing of the path.
        """
        parts = form_parts(fields)
        missing: NotFoundError | None = None
        for path in [paths] if isinstance(paths, str) else paths:
            try:
                response = self._session.request(
                    method, path, operation=operation, make_body=(lambda: multipart(parts)) if parts else None
                )
            except NotFoundError as error:
                if parent and not error.of_gateway and parent in (error.vendor_message or "").lower():
                    raise
                missing = missing or error
            else:
                return self._session.decode(operation, response) if response.content.strip() else None
        assert missing is not None
        raise missing

    def _wait(
        self,
        operation: str,
        get: Callable[..., T],
        ids: Sequence[str],
        statuses: Statuses,
        *,
        timeout: float,
        interval: float,
        why: Callable[[T], str | None] = lambda _: None,
    ) -> T:
        """What every `wait` does: ask for one thing, named by `ids`, until it has ended."""
        return wait_until_completed(
            self._session,
            operation,
            "/".join(ids),
            lambda: get(*ids),
            statuses,
            resume=f"client.{operation}({', '.join(map(repr, ids))})",
            timeout=timeout,
            interval=interval,
            why=why,
        )

    def _record(self, cls: type[R], operation: str, answer: Any) -> R:
        try:
            return cls.from_answer(answer)
        except ValueError as error:
            raise self._session.malformed(operation, str(error)) from None

    def _records(self, cls: type[R], operation: str, answer: Any, member: str | None = None) -> Rows[R]:
        """The records of a list that stands in `member` of the answer, or is the answer; a row that is none, or whose
        id nothing can be asked by, is noted and spoils no other.
        """
        found: Rows[R] = Rows()
        for row in self._members(operation, answer, member):
            record = _readable(cls, row)
            if isinstance(record, Unreadable):
                found.unreadable += (record,)
            else:
                found.append(record)
        return found

    def _members(self, operation: str, answer: Any, member: str | None) -> list[Any]:
        rows = answer if member is None else answer.get(member) if isinstance(answer, Mapping) else None
        if not isinstance(rows, list):
            raise self._session.malformed(operation, f"no list {member!r}" if member else "not a list")
        return rows

    def _page_of(
        self,
        cls: type[N],
        operation: str,
        path: str,
        params: Mapping[str, Any],
        member: str | None,
        known: Known | None,
    ) -> Page[N]:
        """A page of a list, as `_records` reads it; one whose rows are all known is not read."""

        def read(response: requests.Response) -> Page[N] | tuple[Any, Sent | None]:
            sent = None if known is None else Sent.of(response.content, member)
            ids = None if sent is None or known is None else known.ids(sent.digests)
            if sent is not None and ids is not None:
                # Where the rest is no JSON, the way of unknown rows says what is wrong.
                with contextlib.suppress(ValueError):
                    return Page([Row(id_, None, one) for id_, one in zip(ids, sent.digests, strict=True)], sent.rest())
            return self._session.decode(operation, response), sent

        answer = self._session.ask("GET", path, operation=operation, params=form_values(params), read=read)
        if isinstance(answer, Page):
            return answer
        rows = self._members(operation, answer[0], member)
        sent = answer[1] if answer[1] is not None and answer[1].stand_for(rows) else None
        page: Page[N] = Page([], {} if member is None else {**answer[0], member: []})
        digests = [None] * len(rows) if sent is None else sent.digests
        for row, digest in zip(rows, digests, strict=True):
            record = _readable(cls, row)
            if isinstance(record, Unreadable):
                page.unreadable += (record,)
            else:
                page.rows.append(Row(record.id, record, digest))
        return page

    def _json_bytes(self, operation: str, path: str, params: Mapping[str, Any]) -> bytes:
        """A JSON answer as the bytes that came, which are not read further than to see that they are whole."""

        def whole(response: requests.Response) -> bytes:
            if not looks_like_json(response.content):
                raise self._session.malformed(operation, "the answer is not JSON, or was cut", response)
            return response.content

        return self._session.ask("GET", path, operation=operation, params=form_values(params), read=whole)

    def _get_text(self, operation: str, path: str, params: Mapping[str, Any], accept: str) -> str:
        return self._session.ask(
            "GET",
            path,
            operation=operation,
            params=form_values(params),
            accept=accept,
            read=lambda response: self._text(operation, response),
        )

    def _text(self, operation: str, response: requests.Response) -> str:
        if "html" in response.headers.get("Content-Type", ""):
            raise self._session.malformed(operation, "the answer is a web page", response)
        if not response.content:
            raise self._session.malformed(operation, "the answer is empty", response)
        try:
            # Not `response.text`: without a charset in the header that reads UTF-8 as Latin-1.
            return response.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self._session.malformed(operation, "the answer is not UTF-8 text", response) from error


def _readable(cls: type[R], row: Any) -> R | Unreadable:
    try:
        record = cls.from_answer(row)
    except ValueError as error:
        return unreadable(row, str(error))
    identifier = getattr(record, "id", None)
    if identifier is not None and not is_usable_id(identifier):
        return unreadable(row, "its id is none that could be asked for")
    return record


def segment(identifier: str, what: str) -> str:
    """An id as one segment of a path.

    Raises:
        RefusedError: it is no id; an empty one would address the whole collection.
    """
    text = str(identifier)
    if not is_usable_id(text):
        raise RefusedError(
            f"{what} {identifier!r} is not an id; give the id as the vendor shows it", fields={what: "no id"}
        )
    return quote(text, safe="")


def form_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as a form or a query holds them; those that are None are left out."""
    return {name: _form_value(value) for name, value in options.items() if value is not None}


def form_parts(options: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Options as parts of a multipart form; a sequence repeats its part as `name[]`."""
    parts: list[tuple[str, Any]] = []
    for name, value in form_values(options).items():
        if isinstance(value, list):
            # An empty one has to be sent too: it clears what was set.
            parts += [(f"{name}[]", item) for item in value or [""]]
        else:
            parts.append((name, value))
    return parts


def multipart(parts: Iterable[tuple[str, Any]]) -> Body:
    """A multipart/form-data body, as the documents' `curl -F`; a part is text or `(name, stream, type)`."""
    encoder = MultipartEncoder(list(parts))
    return encoder, {"Content-Type": encoder.content_type}


def file_part(name: str, stream: BinaryIO, kind: str) -> tuple[str, Any]:
    """A part of a multipart form that streams from an open file, from its start."""
    stream.seek(0)
    # A file name that is no UTF-8 on disk cannot go into a header as it is.
    return name, (Path(stream.name).name.encode("utf-8", "replace").decode(), stream, kind)


def _form_value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return str(value)
