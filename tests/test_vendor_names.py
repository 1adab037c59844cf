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
FACES = {"__init__.py", "dagster/__init__.py", "dagster/face.py"}
"""The public face of Python and that of Dagster: what people import has a vendor's name (`SonixClient`,
`TemiResource`, `build_sonitemi_definitions(sonix=...)`), and types of its own.
"""

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


def unnamed_texts() -> list[Path]:
    """What is shared and no Python: marts, macros, seeds, examples, and the templates of pages."""
    found = [*(ROOT / "sql").rglob("*.sql"), *(ROOT / "sql").rglob("*.csv")]
    templates = ROOT / "sonitemi_pipelines" / "report" / "templates"
    return sorted([*found, *(path for path in templates.rglob("*") if path.is_file())])


def test_no_shared_sql_seed_or_template_names_a_vendor() -> None:
    """A third vendor's recordings come into every mart by its declaration; comments may say who has what."""
    texts = unnamed_texts()
    assert len(texts) > 80
    found = []
    for path in texts:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            code = line.partition("--")[0] if path.suffix == ".sql" else line
            if _NAME.search(code.replace("sonitemi", "")):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
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
