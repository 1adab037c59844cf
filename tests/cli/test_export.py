"""`sonitemi export` as a person meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonitemi_pipelines.cli.export import FORMAT_NAMES
from sonitemi_pipelines.export import FORMATS
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse

from .conftest import Run


def _ids(synced: Settings, where: str) -> list[tuple[str, str]]:
    with open_warehouse(synced.warehouse) as connection:
        return connection.execute(
            f"SELECT provider, recording_id FROM recordings WHERE {where} ORDER BY ALL"
        ).fetchall()


def test_the_command_offers_every_format() -> None:
    """The names stand twice, so that asking for help stays quick."""
    assert tuple(FORMATS) == FORMAT_NAMES


@pytest.mark.parametrize("form", FORMAT_NAMES)
@pytest.mark.parametrize("vendor", ["sonix", "temi"])
def test_a_recording_of_either_vendor_comes_in_every_format(
    run: Run, synced: Settings, tmp_path: Path, vendor: str, form: str
) -> None:
    [(provider, recording_id), *_] = _ids(synced, f"provider = '{vendor}' AND status = 'completed'")
    done = run("export", provider, recording_id, "--format", form)
    assert done.exit_code == 0, done.stderr
    path = tmp_path / done.stdout.strip()
    assert path.suffix.lower() == f".{form}"
    shown = run("export", provider, recording_id, "--format", form, "--output", "-")
    assert shown.stdout == path.read_text(encoding="utf-8")


def test_all_of_them_go_to_a_folder_once(run: Run, synced: Settings, tmp_path: Path) -> None:
    completed = len(_ids(synced, "status = 'completed'"))
    assert f"{completed} files written, 0 unchanged" in run("export", "--all", "out", "--format", "vtt").stdout
    assert f"0 files written, {completed} unchanged" in run("export", "--all", "out", "--format", "vtt").stdout


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["sonix", "nope"], "the lake has no sonix recording nope; check the id, case included"),
        (["sonix"], "give PROVIDER and ID of one recording, or --all FOLDER"),
        ([], "give PROVIDER and ID of one recording, or --all FOLDER"),
        (["sonix", "x", "--all", "out"], "give PROVIDER and ID of one recording, or --all FOLDER"),
        (["sonix", "x", "--line-length", "3"], "captions of 2 lines of 3 characters"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, args: list[str], told: str) -> None:
    done = run("export", *args, "--format", "srt")
    assert done.exit_code != 0
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_is_not_transcribed_or_has_no_such_variant_says_so(run: Run, synced: Settings) -> None:
    [(provider, recording_id), *_] = _ids(synced, "status = 'failed'")
    done = run("export", provider, recording_id, "--format", "txt")
    assert "is failed at the vendor and has no transcript in the lake" in done.stderr
    [(provider, recording_id), *_] = _ids(synced, "provider = 'sonix' AND status = 'completed'")
    done = run("export", provider, recording_id, "--format", "txt", "--variant", "machine")
    assert f"{provider} {recording_id} has no transcript 'machine' in the lake, but: latest" in done.stderr


@pytest.mark.parametrize("variant", ["latset", "translation-", "es"])
def test_a_variant_that_no_vendor_has_is_no_empty_folder_and_all_well(run: Run, variant: str) -> None:
    done = run("export", "--all", "captions", "--format", "srt", "--variant", variant)
    assert (done.exit_code, "is no variant" in done.stderr) == (2, True)


def test_a_site_of_another_variant_is_refused_not_made_of_the_latest(run: Run) -> None:
    done = run("report", "--all", "site", "--variant", "machine")
    assert (done.exit_code, "--variant" in done.stderr) == (2, True)
