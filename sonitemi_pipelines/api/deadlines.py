"""An end to every call: by its time limit, or when told to stop, however slowly the other side goes on sending."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_IDLE_SECONDS = 1.0


class Call:
    """One attempt of a call. A time-out of a socket starts anew with every byte; this one does not.

    Attributes:
        until: on the monotonic clock; may be moved while the call runs.
        is_cut: the line was cut, because time ran out or somebody said so.
    """

    def __init__(self, until: float) -> None:
        self.until = until
        self.is_cut = False
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    def hold(self, line: socket.socket) -> None:
        """Remember the connection the call goes over."""
        with self._lock:
            self._release()
            # A handle of its own: whoever reads may wrap, detach or close theirs.
            self._line = socket.socket(fileno=os.dup(line.fileno()))
            if self.is_cut:
                self._shut()

    def cut(self) -> None:
        """End the call: whoever reads from or writes to its connection gets an error or an end at once."""
        with self._lock:
            self.is_cut = True
            self._shut()

    def release(self) -> None:
        with self._lock:
            self._release()

    def _shut(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class _Watch:
    """The thread that cuts calls whose time is up. It runs only while there are calls."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: set[Call] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at = 0.0

    def add(self, call: Call) -> None:
        with self._changed:
            self._calls.add(call)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="call deadlines", daemon=True)
                self._thread.start()
            elif call.until < self._wakes_at:
                self._changed.notify()

    def remove(self, call: Call) -> None:
        with self._changed:
            self._calls.discard(call)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for call in [call for call in self._calls if call.until <= now]:
                    call.cut()
                    self._calls.discard(call)
                if self._calls:
                    self._wakes_at = min(call.until for call in self._calls)
                    self._changed.wait(self._wakes_at - now)
                else:
                    self._wakes_at = now + _IDLE_SECONDS
                    self._changed.wait(_IDLE_SECONDS)
                    if not self._calls and time.monotonic() >= self._wakes_at:
                        self._thread = None
                        return


_watch = _Watch()
_here = threading.local()


@contextlib.contextmanager
def watched(until: float) -> Iterator[Call]:
    """Within the block, what this thread asks over HTTP is cut at `until` (monotonic clock)."""
    call = Call(until)
    _here.call = call
    _watch.add(call)
    try:
        yield call
    finally:
        _here.call = None
        _watch.remove(call)
        call.release()


def _hold(line: Any) -> None:
    call: Call | None = getattr(_here, "call", None)
    if call is not None and line is not None and line.fileno() >= 0:
        call.hold(line)


class _CuttableConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        line = super()._new_conn()
        _hold(line)
        return line

    def request(self, *args: Any, **options: Any) -> None:
        _hold(self.sock)
        super().request(*args, **options)


class _CuttableTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        line = super()._new_conn()
        _hold(line)
        return line

    def request(self, *args: Any, **options: Any) -> None:
        _hold(self.sock)
        super().request(*args, **options)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _CuttableConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CuttableTlsConnection


class CuttableAdapter(HTTPAdapter):
    """Connections that a `Call` can cut, direct or by way of a proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager
