"""Reading what a vendor answers: never more than a limit, decompressed by hand, and JSON however odd."""

from __future__ import annotations

import http.client
import io
import json
import tempfile
import zlib
from typing import Any

import requests
import urllib3.exceptions

_CHUNK = 1 << 16
_PIECE = 1 << 20
_KEPT = 32 << 20
"""Beyond this the size of a compressed body is found out first: a bomb is counted, never held."""
_MOST_ENCODINGS = 2


class BodyTooLargeError(Exception):
    """The body, decompressed, is over the limit."""


class BodyUnreadableError(Exception):
    """The body is compressed in a way that was not asked for, is damaged, or was cut."""


def read_body(response: requests.Response, most: int) -> bytes:
    """The body of a streamed answer, decompressed.

    Args:
        most: bytes it may have.

    Raises:
        BodyTooLargeError: it has more; what came of it is let go.
        BodyUnreadableError: it cannot be decompressed.
        requests.RequestException: the connection broke.
    """
    told = response.headers.get("Content-Length", "")
    if told.isdecimal() and len(told) < 19 and int(told) > most:
        raise BodyTooLargeError
    try:
        body = _spooled(response, most)
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        raise requests.ConnectionError(error) from error
    encodings = [name for part in response.headers.get("Content-Encoding", "").split(",") if (name := part.strip())]
    if len(encodings) > _MOST_ENCODINGS:
        raise BodyUnreadableError(f"is compressed {len(encodings)} times")
    for encoding in reversed(encodings):
        body = _decompressed(body, encoding.lower(), most)
    return body


def _spooled(response: requests.Response, most: int) -> bytes:
    size = 0
    # What may yet turn out to be too large waits on disk, not in memory.
    with tempfile.SpooledTemporaryFile(max_size=_KEPT) as kept:
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > most:
                raise BodyTooLargeError
            kept.write(chunk)
        kept.seek(0)
        return kept.read()


def _decompressed(body: bytes, encoding: str, most: int) -> bytes:
    if encoding == "identity" or not body:
        return body
    if encoding in ("gzip", "x-gzip"):
        window = 16 + zlib.MAX_WBITS
    elif encoding == "deflate":
        # Meant is zlib's format; some send the bare stream.
        window = zlib.MAX_WBITS if body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0 else -15
    else:
        raise BodyUnreadableError(f"is compressed as {encoding!r}, which was not asked for")
    size, whole = _inflate(body, window, most, _KEPT)
    if whole is None:
        size, whole = _inflate(body, window, most, size)
    assert whole is not None
    return whole


def _inflate(body: bytes, window: int, most: int, kept: int) -> tuple[int, bytes | None]:
    """The size of the decompressed body, and it itself unless it has over `kept` bytes."""
    size, out = 0, io.BytesIO()
    engine = zlib.decompressobj(window)
    try:
        for start in range(0, len(body), _CHUNK):
            pending = body[start : start + _CHUNK]
            while not engine.eof or pending.startswith(b"\x1f"):
                if engine.eof:
                    engine = zlib.decompressobj(window)
                piece = engine.decompress(pending, _PIECE)
                size += len(piece)
                if size > most:
                    raise BodyTooLargeError
                if size <= kept:
                    out.write(piece)
                elif out.tell():
                    out = io.BytesIO()
                pending = engine.unused_data if engine.eof else engine.unconsumed_tail
                if not pending and len(piece) < _PIECE:
                    break
    except zlib.error as error:
        raise BodyUnreadableError("is damaged: it cannot be decompressed") from error
    if not engine.eof:
        raise BodyUnreadableError("was cut: its compressed end is missing")
    return size, out.getvalue() if size <= kept else None


def json_of(content: bytes) -> Any:
    """The JSON in a body. Numbers too long for Python come as text, halves of surrogate pairs as U+FFFD.

    Raises:
        ValueError: it is not JSON, or nested deeper than can be read; one short line says which.
    """
    if not content.strip():
        raise ValueError("the answer is empty")
    try:
        found = _loads(content)
        if b"\\ud" in content.lower():
            # Half a surrogate pair is valid JSON, and no text that a table can hold.
            whole = json.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass")
            found = _loads(whole.decode("utf-16", "replace"))
    except RecursionError:
        raise ValueError("the answer is nested too deep to be read") from None
    except ValueError:
        raise ValueError("the answer is not JSON") from None
    return found


def looks_like_json(content: bytes) -> bool:
    """Whether a body begins and ends like a JSON object or list; one that was cut does not."""
    head = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return head in (b"{", b"[") and content[-64:].rstrip()[-1:] == (b"}" if head == b"{" else b"]")


def _loads(content: bytes | str) -> Any:
    try:
        return json.loads(content)
    except UnicodeDecodeError:
        assert isinstance(content, bytes)
        return json.loads(content.decode("utf-8-sig", "replace"), parse_int=_whole)
    except ValueError:
        # Python reads whole numbers of some thousand digits at most; one of them spoils no list.
        return json.loads(content, parse_int=_whole)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < 1000 else digits
