"""A folder of exports: a later run writes what changed, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.export import FORMATS, ExportOptions, export_folder, file_name
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts

from .talks import talk


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"), lock_folder=tmp_path)
    commit_transcripts(lake, [talk(seed).transcript for seed in range(6)])
    return lake


def test_only_what_changed_is_written_again(lake: Lake, tmp_path: Path) -> None:
    """A corpus of thousands of captions beside a video server would else be copied every night."""
    folder = tmp_path / "captions"
    first = export_folder(lake, folder, FORMATS["srt"])
    assert len(first.written) == 6
    before = {path: path.stat().st_mtime_ns for path in first.written}
    again = export_folder(lake, folder, FORMATS["srt"])
    assert (again.written, again.unchanged) == ((), 6)
    assert {path: path.stat().st_mtime_ns for path in first.written} == before
    # Another payload for the same recording.
    changed = talk(3).transcript
    revised = changed.transcripts.set_column(
        TRANSCRIPTS.schema.get_field_index("revision"), TRANSCRIPTS.schema.field("revision"), [["other"]]
    )
    commit_transcripts(lake, [replace(changed, transcripts=revised)])
    [path] = export_folder(lake, folder, FORMATS["srt"]).written
    assert "r3" in path.name


def test_what_an_erasure_took_or_somebody_deleted_is_seen_to(lake: Lake, tmp_path: Path) -> None:
    """A forgotten recording must not live on as captions."""
    folder = tmp_path / "captions"
    written = export_folder(lake, folder, FORMATS["txt"]).written
    (folder / "notes.txt").write_text("mine")
    written[0].unlink()
    lake.remove(TRANSCRIPTS, pc.field("recording_id") == "r4")
    done = export_folder(lake, folder, FORMATS["txt"])
    assert [path.name.split("-")[1] for path in done.deleted] == ["r4.txt"]
    assert done.written in ((written[0],), ())
    assert sorted(path.name for path in folder.glob("*.txt")) == sorted(
        [path.name for path in written if "r4" not in path.name] + ["notes.txt"]
    )


def test_formats_share_a_folder_and_other_options_write_anew(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert len(export_folder(lake, folder, FORMATS["srt"]).written) == 6
    assert len(export_folder(lake, folder, FORMATS["eaf"]).written) == 6
    assert export_folder(lake, folder, FORMATS["srt"]).unchanged == 6
    assert len(export_folder(lake, folder, FORMATS["srt"], ExportOptions(line_length=20)).written) == 6


def test_an_untimed_transcript_stops_no_other(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), lock_folder=tmp_path)
    commit_transcripts(lake, [talk(1).transcript, talk(2, untimed=1.0).transcript])
    done = export_folder(lake, tmp_path / "out", FORMATS["rttm"])
    assert len(done.written) == 1
    assert [("r2" in name, "has no timestamps" in why) for name, why in done.problems.items()] == [(True, True)]


def test_a_manifest_that_cannot_be_read_costs_only_time(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_folder(lake, folder, FORMATS["txt"])
    for text in ("", "[1]", "{", json.dumps({"../evil": 1, "..": 2})):
        (folder / ".sonitemi-export.json").write_text(text)
        assert len(export_folder(lake, folder, FORMATS["txt"]).written) == 6


def test_a_folder_that_cannot_be_written_is_named(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match=r"cannot export to .*/file/out: .*choose a folder you may write"):
        export_folder(lake, tmp_path / "file" / "out", FORMATS["txt"])


@pytest.mark.parametrize("recording_id", ["../../etc/passwd", "a b", "a/b", "é", "x" * 500, ".", "CON\n"])
def test_no_id_leads_to_another_folder(recording_id: str) -> None:
    name = file_name("sonix", recording_id, "translation-es/../x", FORMATS["vtt"])
    assert Path(name).name == name
    assert name.isascii()
    assert len(name) < 200
    assert file_name("sonix", recording_id + "!", "latest", FORMATS["vtt"]) != name
