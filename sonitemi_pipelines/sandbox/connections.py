"""Cutting a connection in place of an answer, for which uvicorn has no call of its own."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.auto import AutoHTTPProtocol


class Connections:
    """The open connections of one server, by the client's address."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """uvicorn's HTTP protocol, which tells this object of every connection."""

        def made(protocol: Any, transport: asyncio.Transport) -> None:
            self._open[transport.get_extra_info("peername")] = transport
            AutoHTTPProtocol.connection_made(protocol, transport)

        def lost(protocol: Any, error: Exception | None) -> None:
            self._open = {peer: transport for peer, transport in self._open.items() if not transport.is_closing()}
            AutoHTTPProtocol.connection_lost(protocol, error)

        return type("CuttableProtocol", (AutoHTTPProtocol,), {"connection_made": made, "connection_lost": lost})

    async def cut(self, scope: Scope) -> None:
        """Close the connection of this request at once, unanswered."""
        self._open[tuple(scope["client"])].abort()
        # uvicorn learns of it in the loop's next turn; returning before would make it answer 500.
        await asyncio.sleep(0)
