"""The same code on an object store: a lake behind an s3:// URL, served by a real S3 server on this machine."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

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


def test_a_store_that_lets_a_second_writer_overwrite_a_commit_is_refused(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lost 10 of 24 commits, and every process ended with 0."""
    commit_transcripts(Lake(bucket), [transcript("a", 3)])
    # In a process of its own: a client that waits in native code would keep a thread of this one from answering.
    command = [sys.executable, str(Path(__file__).with_name("forgetful.py")), os.environ["AWS_ENDPOINT_URL"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            assert proxy.stdout is not None
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.stdout.readline().strip())
            with pytest.raises(LakeError, match="lets a second writer overwrite a commit") as caught:
                commit_transcripts(Lake(bucket), [transcript("b", 3)])
        finally:
            proxy.kill()
    assert "\n" not in str(caught.value)
