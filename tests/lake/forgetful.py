"""An object store that does not know conditions: `python forgetful.py URL` hands all on to the store at URL without
them, and prints its own URL."""

from __future__ import annotations

import contextlib
import http.server
import sys

import requests


class Forgetful(http.server.BaseHTTPRequestHandler):
    """Hands everything on to the store behind, conditions left out, as stores do that do not know them."""

    protocol_version = "HTTP/1.1"
    behind = sys.argv[-1]

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("if-none-match", "host")}
        answer = requests.request(self.command, self.behind + self.path, data=body, headers=headers, timeout=30)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "content-encoding"):
                self.send_header(name, value)
        length = answer.headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(answer.content))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(answer.content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _hand_on

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forgetful)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
