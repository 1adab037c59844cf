"""Uploads stream from disk: a large file must not need memory of its size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.errors import RefusedError
from sonitemi_pipelines.sandbox import Sandbox

MB = 1_000_000
_UPLOAD = """
import sys
from pathlib import Path
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient

def memory(kind):
    return int(Path("/proc/self/status").read_text().split(f"{kind}:")[1].split()[0]) * 1024

settings = Settings.from_env()
sonix, temi = SonixClient.from_settings(settings), TemiClient.from_settings(settings)
# The first calls load what every call needs.
sonix.users.list()
temi.account.get()
small, large = map(Path, sys.argv[1:])
sonix.media.submit(file=small, language="en")
temi.jobs.submit(file=small)
before = memory("VmRSS")
sonix.media.submit(file=large, language="en")
temi.jobs.submit(file=large)
print(memory("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_95_mb_take_less_than_20_mb_of_memory(sandbox: Sandbox, tmp_path: Path) -> None:
    """A worker with little memory would otherwise be killed in the middle of an upload."""
    small, large = tmp_path / "small.wav", tmp_path / "large.wav"
    small.write_bytes(b"sound" * 100)
    with large.open("wb") as file:
        file.truncate(95 * MB)
    done = subprocess.run(
        [sys.executable, "-c", _UPLOAD, str(small), str(large)],
        env={**os.environ, **sandbox.env, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sizes = [upload.size for request in sandbox.requests for upload in request.files.values()]
    assert sizes == [500, 500, 95 * MB, 95 * MB]
    assert int(done.stdout) < 20 * MB


def test_101_mb_are_refused_before_a_byte_is_sent(sandbox: Sandbox, sonix: SonixClient, tmp_path: Path) -> None:
    """Minutes of upload would otherwise end in a refusal."""
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(101 * MB)
    with pytest.raises(RefusedError, match="file_url"):
        sonix.media.submit(file=large, language="en")
    assert sandbox.counts() == {}
