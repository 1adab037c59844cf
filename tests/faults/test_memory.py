"""A hostile account in bounded memory: a gzip bomb, a body beyond all limits, and the longest of conversations."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .raw import raw_server, whole

TOKENS = 200_000

# The kernel hands a parent's peak on to its children (ru_maxrss survives fork and exec): only the process's own map
# says what it held itself.
_SYNC = """
import atexit
from pathlib import Path
from sonitemi_pipelines.cli.main import main

status = Path("/proc/self/status")
atexit.register(lambda: print("peak", status.read_text().split("VmHWM:")[1].split()[0]))
main(["sync"])
"""


def long_conversation() -> bytes:
    words = [
        {"text": f" word{number % 997}", "start_time": number * 0.3, "end_time": number * 0.3 + 0.2}
        for number in range(TOKENS)
    ]
    turns = [
        {"speaker": f"Speaker {start % 2}", "start_time": part[0]["start_time"], "words": part}
        for start in range(0, TOKENS, 50)
        if (part := words[start : start + 50])
    ]
    return json.dumps({"name": "Long", "transcript": turns}).encode()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells what a process held")
def test_a_hostile_account_is_synced_in_little_memory(tmp_path: Path) -> None:
    """A gzip body of 1 MB became 3.3 GB, and took the run and its neighbours on the machine with it."""
    engine = zlib.compressobj(1, zlib.DEFLATED, 31)
    bomb = b"".join([*(engine.compress(bytes(2**20)) for _ in range(1500)), engine.flush()])
    long = long_conversation()

    def answer(connection: socket.socket, head: bytes) -> None:
        path = urlsplit(head.split()[1].decode())
        if path.path.endswith("/media"):
            ids = [] if "page=2" in path.query else ["bomb", "huge", "long"]
            media = [{"id": id_, "status": "completed", "language": "en", "created_at": 1} for id_ in ids]
            connection.sendall(whole(json.dumps({"media": media, "page": 1, "total_pages": 1}).encode()))
        elif "/bomb/" in path.path:
            connection.sendall(whole(bomb, Content_Encoding="gzip"))
        elif "/huge/" in path.path:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(300):
                connection.sendall(b"100000\r\n" + b" " * 2**20 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        elif "/long/" in path.path:
            connection.sendall(whole(long))
        else:
            connection.sendall(whole(b'{"folders": [], "users": []}'))

    with raw_server(answer) as server:
        env = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
        env |= {"SONIX_API_KEY": "k" * 20, "SONIX_BASE_URL": server.url, "SONITEMI_HOME": str(tmp_path / "home")}
        done = subprocess.run([sys.executable, "-c", _SYNC], env=env, capture_output=True, text=True, check=False)
    peak = int(done.stdout.split()[-1]) / 1024
    print(f"peak {peak:.0f} MB")
    assert done.returncode == 1, done.stderr
    assert f"{TOKENS} words arrived" in done.stdout
    assert done.stderr.count("has more than 256 MB, decompressed") >= 2
    assert peak < 700
