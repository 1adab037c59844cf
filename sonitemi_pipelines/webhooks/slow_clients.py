"""Connections that send their headers too slowly, or too much of them, are closed: uvicorn lets them wait for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def guarded(seconds: float, most: int) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol with a deadline and a size limit for the headers of each request.

    Args:
        seconds: from the connection, or from the first byte of a further request, to the end of its headers.
        most: bytes that they may have.
    """

    def is_answering(protocol: Any) -> bool:
        return protocol.cycle is not None and not protocol.cycle.response_complete

    def arm(protocol: Any) -> None:
        protocol.header_bytes = 0
        protocol.header_timer = protocol.loop.call_later(seconds, give_up, protocol)

    def disarm(protocol: Any) -> None:
        if protocol.header_timer is not None:
            protocol.header_timer.cancel()
            protocol.header_timer = None

    def give_up(protocol: Any) -> None:
        protocol.header_timer = None
        if not is_answering(protocol) and not protocol.transport.is_closing():
            protocol.transport.close()

    def connection_made(protocol: Any, transport: asyncio.Transport) -> None:
        AutoHTTPProtocol.connection_made(protocol, transport)
        arm(protocol)

    def data_received(protocol: Any, data: bytes) -> None:
        if not is_answering(protocol):
            if protocol.header_timer is None:
                arm(protocol)
            protocol.header_bytes += data.find(b"\r\n\r\n") if b"\r\n\r\n" in data else len(data)
            if protocol.header_bytes > most:
                disarm(protocol)
                protocol.transport.write(_TOO_LARGE)
                protocol.transport.close()
                return
        AutoHTTPProtocol.data_received(protocol, data)
        if is_answering(protocol):
            disarm(protocol)

    def connection_lost(protocol: Any, error: Exception | None) -> None:
        disarm(protocol)
        AutoHTTPProtocol.connection_lost(protocol, error)

    members = {
        "header_timer": None,
        "header_bytes": 0,
        "connection_made": connection_made,
        "data_received": data_received,
        "connection_lost": connection_lost,
    }
    return type("GuardedProtocol", (AutoHTTPProtocol,), members)
