"""The optional assets `captions` and `site`: files for people, brought up to date by the runs that bring the rest."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from sonitemi_pipelines.dagster import Captions, LakeResource, Site, SonixResource, build_sonitemi_definitions
from sonitemi_pipelines.errors import SettingsError
from tests.orchestration.deployed import Deployed, made_in


def definitions(small: Deployed, captions: Captions | None = None, **more: object) -> dg.Definitions:
    return build_sonitemi_definitions(
        sonix=SonixResource(api_key=small.keys["sonix"], base_url=small.sandbox.base_url),
        lake=LakeResource(home=small.home),
        captions=captions,
        **more,  # type: ignore[arg-type]
    )


def run_of(
    defs: dg.Definitions, instance: dg.DagsterInstance, folder: Path, pattern: str
) -> tuple[set[str], dict[str, int]]:
    """What a run that succeeds made, and when each of the folder's files was written."""
    result = defs.resolve_job_def("sync").execute_in_process(instance=instance, raise_on_error=False)
    assert result.success
    return made_in(result), {path.name: path.stat().st_mtime_ns for path in folder.glob(pattern)}


@pytest.mark.slow
def test_a_run_writes_the_files_that_changed_and_no_others(
    small: Deployed, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """A folder of captions that somebody has to remember to export is always a week old."""
    folder = tmp_path / "captions"
    defs = definitions(small, Captions(folder=str(folder), format="vtt"))

    def run() -> tuple[set[str], dict[str, int]]:
        return run_of(defs, instance, folder, "*.vtt")

    made, first = run()
    assert "captions" in made
    assert len(first) == 3
    assert (folder / next(iter(first))).read_text().startswith("WEBVTT")
    made, again = run()
    assert "captions" not in made, "nothing was news"
    assert again == first
    [media] = small.sandbox.add_sonix(1)
    made, more = run()
    assert "captions" in made
    assert set(more) - set(first) == {f"sonix-{media}.vtt"}
    assert {name: more[name] for name in first} == first, "files of before are left alone"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert len(run()[1]) == 4, "a folder that somebody removed comes back"


@pytest.mark.slow
def test_a_run_brings_the_pages_up_to_date_and_makes_only_those_that_changed(
    small: Deployed, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    """People who look at pages do not run commands: what they see is as new as the warehouse."""
    folder = tmp_path / "site"
    defs = definitions(small, site=Site(folder=str(folder)))

    def run() -> tuple[set[str], dict[str, int]]:
        return run_of(defs, instance, folder, "c/**/*.html")

    made, first = run()
    assert "site" in made
    assert len(first) == 3
    assert "<html" in (folder / "index.html").read_text()
    made, again = run()
    assert "site" not in made, "nothing was news"
    assert again == first
    small.sandbox.add_sonix(1)
    made, more = run()
    assert "site" in made
    assert len(more) == 4
    assert {name: more[name] for name in first} == first, "pages of before are left alone"


def test_a_folder_that_cannot_be_written_fails_the_run_and_nothing_else(
    small: Deployed, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    (tmp_path / "taken").write_text("a file")
    defs = definitions(small, Captions(folder=str(tmp_path / "taken" / "captions")))
    result = defs.resolve_job_def("sync").execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert {"transcripts", "warehouse"} <= made_in(result)
    assert "captions" not in made_in(result)


def test_captions_without_a_place_of_their_own_are_refused(small: Deployed, tmp_path: Path) -> None:
    """Two lakes that export to one folder take each other's files for those of erased transcripts."""
    with pytest.raises(SettingsError, match=r"captions.folder is 'captions', which is a relative path"):
        definitions(small, Captions(folder="captions"))
    with pytest.raises(SettingsError, match=r"site.folder is 'pages', which is a relative path"):
        definitions(small, site=Site(folder="pages"))
    with pytest.raises(SettingsError, match=r"captions and site have the same folder, .*: give each its own"):
        definitions(small, Captions(folder=str(tmp_path)), site=Site(folder=str(tmp_path)))
    with pytest.raises(SettingsError, match="captions of 0 lines"):
        definitions(small, Captions(folder=str(tmp_path), lines=0))
    captions = Captions(folder=str(tmp_path / "captions"))
    other = small.again()
    other.home = str(tmp_path / "other")
    first, second = definitions(small, captions, key_prefix="a"), definitions(other, captions, key_prefix="b")
    with pytest.raises(dg.DagsterInvariantViolationError, match="must_not_share_captions"):
        dg.Definitions.merge(first, second)
