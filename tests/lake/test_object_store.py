"""The same code on an object store: a lake behind an s3:// URL, served by a real S3 server on this machine."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import os
import threading
from pathlib import Path

import duckdb
import pytest
import requests

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.maintenance import maintain
from sonitemi_pipelines.lake.schemas import TABLES, WORDS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from tests.lake.test_transcripts import assert_whole, transcript

pytestmark = pytest.mark.slow
_WEEK = dt.timedelta(days=7)


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


def test_rows_of_a_killed_writer_stay_unseen_whoever_commits_next_and_maintenance_goes_on(bucket: str) -> None:
    lake = Lake(bucket)
    commit_transcripts(lake, [transcript("a", 30)])
    lake.append(WORDS, transcript("killed", 50).words)
    assert lake.read(WORDS).num_rows == 30
    for number in range(6):
        commit_transcripts(Lake(bucket), [transcript(f"b{number}", 10), transcript("a", 20 + number)])
    assert lake.read(WORDS).num_rows == 85
    assert_whole(lake)
    done = {table.table: table for table in maintain(lake, TABLES.values(), _WEEK, lambda: None)}
    assert done["words"].files_after < done["words"].files_before
    commit_transcripts(lake, [transcript("a", 3)])
    assert_whole(Lake(bucket))


class _Forgetful(http.server.BaseHTTPRequestHandler):
    """Hands everything on to the store behind, conditions left out, as stores do that do not know them."""

    protocol_version = "HTTP/1.1"
    behind = ""

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


def test_a_store_that_lets_a_second_writer_overwrite_a_commit_is_refused(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lost 10 of 24 commits, and every process ended with 0."""
    commit_transcripts(Lake(bucket), [transcript("a", 3)])
    monkeypatch.setattr(_Forgetful, "behind", os.environ["AWS_ENDPOINT_URL"])
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Forgetful)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_port}")
    with pytest.raises(LakeError, match="lets a second writer overwrite a commit") as caught:
        commit_transcripts(Lake(bucket), [transcript("b", 3)])
    assert "\n" not in str(caught.value)
    proxy.shutdown()
    proxy.server_close()
