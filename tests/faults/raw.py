"""A server that sends exactly the bytes it is told to, as slowly as told, and lies as no web framework would."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[socket.socket, bytes], None]
"""Given the connection and the head of the request, writes whatever it likes; the connection is closed after it."""


@dataclass
class RawServer:
    """`answer` may be replaced while it runs; `heads` are the heads of the requests that came."""

    answer: Answer
    port: int = 0
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def raw_server(answer: Answer) -> Iterator[RawServer]:
    server = RawServer(answer)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server.port = listener.getsockname()[1]
        stopped = threading.Event()

        def accept() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=[connection], daemon=True).start()

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                head = b""
                while b"\r\n\r\n" not in head:
                    part = connection.recv(65536)
                    if not part:
                        return
                    head += part
                server.heads.append(head)
                server.answer(connection, head)

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            stopped.set()
            listener.close()


def page(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """One whole answer, as a well-behaved server sends it; header names with '_' for '-'."""
    return lambda connection, head: connection.sendall(whole(body, status, **headers))


def whole(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def one_after_another(*answers: Answer) -> Answer:
    """Each request gets the next; the last one stays."""
    waiting = list(answers)
    lock = threading.Lock()

    def answer(connection: socket.socket, head: bytes) -> None:
        with lock:
            chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        chosen(connection, head)

    return answer
