"""An S3 server of its own on this machine, for tests of lakes on object stores."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the server. It lives in an environment of its own, so that this package does not depend on it: one that
    MOTO_ENVIRONMENT names, else one that is made for it."""
    folder = tmp_path_factory.mktemp("store")
    environment = Path(os.environ.get("MOTO_ENVIRONMENT") or folder / "venv")
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "moto[s3,server]"], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [python.with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            requests.get(url, timeout=60)
            break
        except requests.ConnectionError:
            assert server.poll() is None
            time.sleep(0.2)
    yield url
    server.terminate()
    server.wait()


@pytest.fixture
def bucket(store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder in an empty bucket, and the variables by which it is reached."""
    name = f"bucket{next(_NUMBERS)}"
    requests.put(f"{store}/{name}", timeout=60).raise_for_status()
    for variable, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": store,
        "AWS_ALLOW_HTTP": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(variable, value)
    return f"s3://{name}/home"
