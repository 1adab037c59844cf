"""No shared code names a vendor: what is particular to one stands with its declaration."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OWN = ("vendors/", "api/sonix/", "api/temi/", "sandbox/")
"""Folders of the package that may name one."""
FACES = {
    "__init__.py",
    "cli/demo.py",
    "cli/serve.py",
    "dagster/__init__.py",
    "dagster/build.py",
    "dagster/component.py",
    "dagster/component_fields.py",
    "dagster/component_scaffolder.py",
    "dagster/requests.py",
    "dagster/resources.py",
}
"""The public faces show a client and a resource for each vendor; the demo and the command `sandbox` run the sandbox."""

_NAME = re.compile(r"sonix|(?<!soni)temi", re.IGNORECASE)
_PROSE = re.compile(r"\s")


def named(source: str) -> Iterator[str]:
    """What a file says of a vendor in code: identifiers, modules, attributes, and texts that are no prose."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        said: list[str] = []
        if isinstance(node, ast.Name):
            said = [node.id]
        elif isinstance(node, ast.Attribute):
            said = [node.attr]
        elif isinstance(node, ast.arg):
            said = [node.arg]
        elif isinstance(node, ast.keyword):
            said = [node.arg or ""]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            said = [node.name]
        elif isinstance(node, ast.alias):
            said = [node.name, node.asname or ""]
        elif isinstance(node, ast.ImportFrom):
            said = [node.module or ""]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not _PROSE.search(node.value):
            said = [node.value]
        for text in said:
            if _NAME.search(text.replace("sonitemi", "")):
                yield f"line {getattr(node, 'lineno', '?')}: {text}"


def shared_files() -> list[Path]:
    package = ROOT / "sonitemi_pipelines"
    names = {path.relative_to(package).as_posix(): path for path in sorted(package.rglob("*.py"))}
    return [path for name, path in names.items() if not name.startswith(OWN) and name not in FACES]


def test_no_shared_file_names_a_vendor_in_code() -> None:
    """A third vendor is a third folder: whatever else has to be edited for it is found here."""
    found = []
    for path in shared_files():
        name = path.relative_to(ROOT / "sonitemi_pipelines").as_posix()
        found += [f"{name} {said}" for said in named(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'if provider == "sonix": pass',
        "client.temi_jobs()",
        "from sonitemi_pipelines.vendors.temi import lists",
        "def sync(sonix_ids): ...",
        'TABLES["sonix_media"]',
        "run(temi=1)",
    ],
)
def test_the_search_finds_a_name_in_every_place_code_may_have_one(code: str) -> None:
    assert list(named(code))


@pytest.mark.parametrize("text", ['"""Sonix needs it."""', "import sonitemi_pipelines", "# temi\nx = 1"])
def test_prose_and_the_project_are_no_names(text: str) -> None:
    assert not list(named(text))
