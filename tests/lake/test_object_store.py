"""The same code on an object store: a lake behind an s3:// URL, served by a real S3 server on this machine."""

from __future__ import annotations

import socket
import subprocess
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import requests

from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket; the server lives in an environment of its own, so that this package does not depend on it."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "moto[s3,server]"], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [python.with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            requests.put(f"{url}/bucket", timeout=5).raise_for_status()
            break
        except requests.ConnectionError:
            assert server.poll() is None
            time.sleep(0.2)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield "s3://bucket/home"
    server.terminate()
    server.wait()


def test_a_sync_into_a_bucket_arrives_whole_and_a_second_one_changes_nothing(bucket: str, tmp_path: Path) -> None:
    with Sandbox(seed=7, sonix=6, temi=5).running() as sandbox:
        warehouse = str(tmp_path / "warehouse.duckdb")
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": bucket, "SONITEMI_WAREHOUSE": warehouse})
        assert run_sync(settings).complete
        expected = {
            (provider, id_, variant, digest)
            for provider, records in sandbox.truth().items()
            for id_, record in records.items()
            for variant, digest in record["variants"].items()
        }
        with duckdb.connect(warehouse, read_only=True) as connection:
            held = connection.execute("SELECT provider, recording_id, variant, revision FROM transcripts").fetchall()
            assert set(held) == expected
            tokens = connection.execute("SELECT sum(token_count), (SELECT count(*) FROM words) FROM transcripts")
            [(said, there)] = tokens.fetchall()
            assert said == there > 0
        sandbox.reset_counts()
        assert run_sync(settings).complete
        assert not [name for name in sandbox.counts() if "transcript" in name]
