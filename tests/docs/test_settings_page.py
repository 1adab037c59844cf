"""Every environment variable that the code reads is explained, and no other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import _OF_VENDORS
from sonitemi_pipelines.settings.env_file import load_env_file
from sonitemi_pipelines.settings.variables import VARIABLES, unknown
from sonitemi_pipelines.vendors import VENDORS

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[\"'](SONITEMI_[A-Z_]+)[\"'=]")


def test_every_variable_that_the_code_reads_is_declared_and_every_one_declared_is_read() -> None:
    """A variable that nobody can find is not a setting; one that nothing reads is a trap."""
    files = [path for folder in ("sonitemi_pipelines", "dagster_project") for path in (ROOT / folder).rglob("*.py")]
    code = "".join(path.read_text("utf-8") for path in files if path.name != "variables.py")
    # The deployment names its variables in its component.
    component = (ROOT / "dagster_project/defs/sonitemi/defs.yaml").read_text("utf-8")
    code += "".join(f'"{name}"' for name in re.findall(r"env\.(SONITEMI_[A-Z_]+)", component))
    declared = {variable.name for variable in VARIABLES if not variable.is_of_vendors}
    assert set(NAME.findall(code)) - declared == set(), "declare them in settings/variables.py"
    assert declared - set(NAME.findall(code)) == set(), "nothing reads them: take them out of settings/variables.py"
    assert {variable.name for variable in VARIABLES if variable.is_of_vendors} == set(_OF_VENDORS)


def test_one_module_reads_the_environment() -> None:
    """A setting read somewhere else is checked by nobody, and a resource of Dagster is overruled behind its back."""
    package = ROOT / "sonitemi_pipelines"
    readers = re.compile(r"\bos\.(environ|getenv|putenv)|\bfrom os import")
    found = [p.relative_to(package).as_posix() for p in package.rglob("*.py") if readers.search(p.read_text("utf-8"))]
    assert found == ["environment.py"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SONIX_APIKEY", "did you mean SONIX_API_KEY?"),
        ("SONITEMI_HOMME", "did you mean SONITEMI_HOME?"),
        ("TEMI_RATE", "TEMI_RATE is no setting and does nothing"),
        ("SONITEMI_LOW_BALLANCE_DAYS", "did you mean SONITEMI_LOW_BALANCE_DAYS?"),
    ],
)
def test_a_misspelt_variable_is_told_of_with_the_one_that_was_meant(name: str, meant: str) -> None:
    """A threshold that silently does nothing is worse than none."""
    [line] = unknown([name, "HOME", "SONIX_API_KEY", "SONITEMI_HOME", "OPENAI_API_KEY"], VENDORS)
    assert meant in line


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("# keys\n\nSONIX_API_KEY=abc\n", "SONIX_API_KEY", "abc"),
        ("export TEMI_API_KEY='a b'\n", "TEMI_API_KEY", "a b"),
        ('SONITEMI_HOME = "x=y"\n', "SONITEMI_HOME", "x=y"),
    ],
)
def test_an_env_file_fills_what_the_environment_does_not_say(tmp_path: Path, text: str, name: str, value: str) -> None:
    path = tmp_path / ".env"
    path.write_text(text)
    environment: dict[str, str] = {}
    load_env_file(str(path), environment)
    assert environment == {name: value}
    environment[name] = "said before"
    load_env_file(str(path), environment)
    assert environment == {name: "said before"}


@pytest.mark.parametrize("text", ["SONIX_API_KEY abc-secret", "=abc-secret", "1X=abc-secret"])
def test_a_line_that_is_none_is_named_by_its_number_and_its_text_is_not_repeated(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".env"
    path.write_text(f"A=1\n{text}\n")
    with pytest.raises(SettingsError, match=":2: not of the form") as caught:
        load_env_file(str(path), {})
    assert "abc-secret" not in str(caught.value)
    with pytest.raises(SettingsError, match="cannot read the env file"):
        load_env_file(str(tmp_path / "none"), {})


def test_the_command_reads_an_env_file_only_when_told_to(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SONITEMI_WAREHOUSE={tmp_path}/from-the-file.duckdb\n")
    command = [sys.executable, "-m", "sonitemi_pipelines.cli"]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def said(*options: str, **more: str) -> str:
        run = [*command, *options, "query", "SELECT 1"]
        return subprocess.run(run, cwd=tmp_path, env={**env, **more}, capture_output=True, text=True).stderr

    assert "from-the-file" in said("--env-file", ".env")
    assert "from-the-file" in said(SONITEMI_ENV_FILE=".env")
    assert "from-the-file" not in said()
