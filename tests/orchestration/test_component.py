"""The component in somebody's project, made by Dagster's own scaffolding."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster.components.core.component_tree import ComponentTree

from sonitemi_pipelines.dagster import SonitemiComponent
from sonitemi_pipelines.errors import SettingsError
from tests.orchestration.conftest import clean_environment

FIVE_LINES = """\
type: sonitemi_pipelines.dagster.SonitemiComponent
attributes:
  sonix: {api_key: "{{ env.SONIX_API_KEY }}"}
  temi: {api_key: "{{ env.TEMI_API_KEY }}"}
  lake: {home: %s/lake}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an empty `defs`, as Dagster's own tool lays it out."""
    root = tmp_path / "theirs"
    (root / "theirs" / "defs").mkdir(parents=True)
    (root / "theirs" / "__init__.py").touch()
    (root / "theirs" / "defs" / "__init__.py").touch()
    (root / "theirs" / "definitions.py").write_text(
        "from pathlib import Path\nimport dagster as dg\n\n\n@dg.definitions\ndef defs() -> dg.Definitions:\n"
        "    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)\n"
    )
    (root / "pyproject.toml").write_text(
        '[project]\nname = "theirs"\nversion = "1"\n[tool.dg]\ndirectory_type = "project"\n'
        '[tool.dg.project]\nroot_module = "theirs"\n'
    )
    return root


def component(attributes: str, root: Path) -> SonitemiComponent:
    found = SonitemiComponent.from_attributes_dict(attributes=yaml.safe_load(attributes)["attributes"])
    assert isinstance(found, SonitemiComponent)
    return found


def build(text: str, root: Path) -> dg.Definitions:
    return component(text, root).build_defs(ComponentTree.for_test().load_context)


def test_five_lines_bring_both_vendors_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a prefix, so that an asset `words` and a job `sync` of somebody else stay theirs."""
    monkeypatch.setenv("SONIX_API_KEY", "the-secret-key")
    defs = build(FIVE_LINES % tmp_path, tmp_path)
    repository = defs.get_repository_def()
    assert "sonitemi_sync" in repository.job_names
    keys = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    assert {"sonitemi/sonix_media", "sonitemi/temi_jobs", "sonitemi/words", "sonitemi/speaker_stats"} <= keys
    resource = defs.resources["sonitemi__sonitemi__sonix"] if defs.resources else None
    assert "the-secret-key" not in repr(resource), "a key is a name until it is used"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("lake: {home:", "lake: {hom:"), "hom"),
        (("/lake}", "/lake, in_flight: many}"), "lake.in_flight"),
        (("lake: {home: %s/lake}", "lake: {home: data}"), "lake.home is data, which is a relative path"),
        (("%s/lake}", "%s/lake, timezone: Paris}"), "LakeResource.timezone=Paris is not an IANA time zone"),
        (("%s/lake}", "%s/lake}\n  automation: perhaps"), "automation is 'perhaps'; it is either on or off"),
        (("%s/lake}", "%s/lake}\n  key_prefix: a b"), "key_prefix 'a b'"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = FIVE_LINES.replace(*change)
    text = text % tmp_path if "%s" in text else text
    with pytest.raises(Exception) as caught:
        build(text, tmp_path)
    error: BaseException | None = caught.value
    told = []
    while error is not None:
        told.append(str(error))
        error = error.__cause__
    assert any(said in line for line in told), told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("{{ env.SONIX_API_KEY }}", "a-key-for-all-to-read"), "SonixResource.api_key is written out"),
        (("/lake}", "/lake, slack_url: 'https://hooks.example.com/secret'}"), "LakeResource.slack_url is written out"),
        (("{{ env.SONIX_API_KEY }}", ""), "SonixResource.api_key is not set: skipped"),
        (("{{ env.TEMI_API_KEY }}", "{{ env.NO_SUCH_KEY }}"), "NO_SUCH_KEY is not set: skipped"),
    ],
)
def test_a_key_that_all_can_read_or_that_is_empty_is_warned_about(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    change: tuple[str, str],
    said: str,
) -> None:
    """A literal key would stand in Dagster's snapshots; an empty one brings nothing, and no other stands in for it."""
    monkeypatch.setenv("SONIX_API_KEY", "one")
    monkeypatch.setenv("TEMI_API_KEY", "two")
    defs = build((FIVE_LINES % tmp_path).replace(*change), tmp_path)
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert any(said in line for line in warned), warned
    assert "secret" not in "".join(warned)
    assert "for-all-to-read" not in "".join(warned)
    named = repr({name: found for name, found in (defs.resources or {}).items() if "home" not in name})
    assert "for-all-to-read" not in named
    assert "hooks.example.com" not in named


def test_a_second_component_with_the_same_home_prefix_or_account_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would write one lake from two accounts, or ask one account twice for everything."""
    monkeypatch.setenv("SONIX_API_KEY", "one-key")
    monkeypatch.setenv("OTHER_KEY", "one-key")
    monkeypatch.delenv("TEMI_API_KEY", raising=False)
    first = component(FIVE_LINES % tmp_path, tmp_path)
    for change, said in (
        ("  key_prefix: b\n", "two components have the home"),
        ("  lake: {home: /srv/other}\n", "two components have the same key_prefix"),
        ("  lake: {home: /srv/other}\n  key_prefix: b\n", "two components read the same Sonix account"),
    ):
        text = (FIVE_LINES % tmp_path).replace("SONIX_API_KEY", "OTHER_KEY")
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if not ("lake:" in line and "lake:" in change)]
        second = component("".join(kept) + change, tmp_path)
        problems = list(second._conflicts([first, second], tmp_path))
        assert any(problem.startswith(said) for problem in problems), problems
        assert "\n" not in problems[0]
        assert "one-key" not in "".join(problems)


def test_without_a_home_the_lake_is_in_the_project_and_not_where_one_stands(tmp_path: Path) -> None:
    found = SonitemiComponent().lake_of(tmp_path)
    assert found.text("home") == str(tmp_path / "data")
    with pytest.raises(SettingsError, match="give an absolute one"):
        SonitemiComponent.from_attributes_dict(attributes={"lake": {"home": "./data"}}).lake_of(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_dagsters_own_commands_find_scaffold_and_check_it(project: Path) -> None:
    """The way a user takes: list, scaffold, check, with other people's definitions beside it."""
    (project / "theirs" / "defs" / "own.py").write_text(
        "import dagster as dg\n@dg.asset\ndef words(): ...\n"
        "sync = dg.define_asset_job('sync', selection='words')\n"
        "@dg.definitions\ndef more(): return dg.Definitions(resources={'lake': 1}, executor=dg.in_process_executor)\n"
    )
    env = clean_environment(HOME=str(project), SONITEMI_HOME=str(project / "lake"))

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "sonitemi_pipelines.dagster.SonitemiComponent" in run("dg", "list", "components")
    run("dg", "scaffold", "defs", "sonitemi_pipelines.dagster.SonitemiComponent", "speech")
    written = (project / "theirs" / "defs" / "speech" / "defs.yaml").read_text()
    assert "{{ env.SONIX_API_KEY }}" in written
    assert "key_prefix: speech" in written
    run("dg", "check", "defs")
    broken = written.replace("api_key", "apikey", 1)
    (project / "theirs" / "defs" / "speech" / "defs.yaml").write_text(broken)
    done = subprocess.run(("dg", "check", "defs"), cwd=project, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "apikey" in done.stdout + done.stderr
