"""`sonitemi report` as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sonitemi_pipelines.settings import Settings


def report(*args: str, settings: Settings, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sonitemi_pipelines.cli", "report", *args],
        env={**os.environ, "SONITEMI_HOME": str(settings.home), "SONITEMI_WAREHOUSE": str(settings.warehouse)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_writes_one_file_and_says_where(synced: Settings, talk: tuple[str, str], tmp_path: Path) -> None:
    """Without --output the page lies in the current folder under a name that tells which recording it is."""
    done = report(*talk, settings=synced, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    [file] = tmp_path.iterdir()
    assert file.name == f"{talk[0]}-{talk[1]}.html"
    assert done.stdout.strip() == file.name
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_wrong_id_or_place_is_one_clear_line(synced: Settings, talk: tuple[str, str], tmp_path: Path) -> None:
    """A typing mistake must not end in a traceback or an empty page."""
    wrong = report("temi", "../nowhere", settings=synced, folder=tmp_path)
    nowhere = report(*talk, "--output", "no/such/folder.html", settings=synced, folder=tmp_path)
    for done, part in ((wrong, "../nowhere"), (nowhere, "no/such/folder.html")):
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("sonitemi: ")
        assert part in done.stderr
    assert list(tmp_path.iterdir()) == []
