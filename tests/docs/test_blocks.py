"""Blocks of the documentation that are marked `<!-- run -->` run as they stand there.

Only what a reader has to put in is put in: a folder for /srv, ids of recordings that are there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"<!-- run -->\n```(\w+)\n(.*?)```", re.DOTALL)
BLOCKS = [
    pytest.param(match[1], match[2], id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, match in enumerate(BLOCK.finditer(page.read_text("utf-8")), start=1)
]
# A component lies in a folder of `defs`, from where Dagster loads it.
COMPONENT = """
import pathlib, sys
import dagster as dg
package = pathlib.Path("theirs/theirs")
(package / "defs/speech").mkdir(parents=True)
for folder in (package, package / "defs"):
    (folder / "__init__.py").touch()
(package / "defs/speech/defs.yaml").write_text(sys.stdin.read())
(package.parent / "pyproject.toml").write_text(
    '[project]\\nname = "theirs"\\n[tool.dg]\\ndirectory_type = "project"\\n[tool.dg.project]\\nroot_module = "theirs"'
)
sys.path.insert(0, str(package.parent))
defs = dg.load_from_defs_folder(path_within_project=package.resolve())
print(sorted(defs.get_repository_def().job_names))
"""
_IDS = "SELECT recording_id FROM transcripts WHERE provider = ? AND variant = ? ORDER BY ALL"
pytestmark = pytest.mark.slow


@dataclass
class Reader:
    """Somebody who has synced once: keys, a home, the commands on the path."""

    env: dict[str, str]
    put_in: dict[str, str]

    def fill(self, code: str) -> str:
        for said, mine in self.put_in.items():
            code = code.replace(said, mine)
        return code


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    root = tmp_path_factory.mktemp("reader")
    home = root / "srv" / "speech"
    with Sandbox(seed=1, sonix=12, temi=8).running() as sandbox:
        env = {**sandbox.env, "SONITEMI_HOME": str(home)}
        settings = Settings.from_env(env)
        run_sync(settings)
        with open_warehouse(settings.warehouse) as warehouse:
            sonix, *_, erased = [id_ for (id_,) in warehouse.execute(_IDS, ["sonix", "latest"]).fetchall()]
            temi, *_ = [id_ for (id_,) in warehouse.execute(_IDS, ["temi", "machine"]).fetchall()]
        keys = {"KEY_OF_SALES": sandbox.keys["sonix"], "KEY_OF_SUPPORT": sandbox.keys["sonix"]}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        put_in = {"/srv/": f"{root}/srv/", "8mXSlxxb": sonix, "b3Kx9QpL": erased, "4711": temi}
        yield Reader({**os.environ, **env, **keys, "PATH": path}, put_in)


@pytest.mark.parametrize(("language", "code"), BLOCKS)
def test_the_block_runs(language: str, code: str, reader: Reader, tmp_path: Path) -> None:
    """What people copy from the documentation must not be what fails first."""
    code = reader.fill(code)
    command = {
        "sh": ["bash", "-euo", "pipefail", "-c", code],
        "python": [sys.executable, "-c", code],
        "sql": ["sonitemi", "query", code],
        "yaml": [sys.executable, "-c", COMPONENT],
    }[language]
    said = code if language == "yaml" else None
    done = subprocess.run(
        command, env=reader.env, cwd=tmp_path, input=said, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or language == "python" or any(tmp_path.iterdir())


def test_there_are_blocks_to_run() -> None:
    assert len(BLOCKS) >= 15
    assert {param.values[0] for param in BLOCKS} == {"sh", "python", "sql", "yaml"}
