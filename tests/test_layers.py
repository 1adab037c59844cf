"""Which package may import which: down the list of layers, never up, and never in a circle."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "sonitemi_pipelines"

LAYERS: list[set[str]] = [
    {"environment"},
    {"masking", "progress", "clock", "cells"},
    {"errors"},
    {"settings"},
    {"api"},
    {"lake"},
    {"parsing"},
    {"marts", "warehouse", "export", "report"},
    {"sync"},
    {"watch", "paid", "webhooks"},
    {"vendors"},
    {"pipeline"},
    {"sandbox", "cli", "dagster", "airflow", "pytest_plugin"},
]
"""From the bottom up. A package imports from layers below its own, and within its layer only what BESIDE allows."""

BESIDE = {
    ("report", "marts"),
    ("report", "warehouse"),
    ("export", "marts"),
    ("watch", "webhooks"),
    ("cli", "sandbox"),
    ("pytest_plugin", "sandbox"),
}
"""(importer, imported) of one layer."""

ALONE = {"sandbox": {"errors", "masking", "clock", "progress"}}
"""The stand-in for the vendors shares nothing with what it tests."""

LEVEL = {name: number for number, names in enumerate(LAYERS) for name in names}


@dataclass(frozen=True)
class Import:
    """One import of a module of ours: by which file, at which line, of which module."""

    importer: str
    imported: str
    line: int

    @property
    def packages(self) -> tuple[str, str]:
        return _package(self.importer), _package(self.imported)

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def _package(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(root: Path) -> dict[str, Path]:
    """Every module of the package below `root` by its dotted name."""
    return {_module(path, root): path for path in sorted((root / PACKAGE).rglob("*.py"))}


def imports(root: Path) -> Iterator[Import]:
    """Every import of one module of ours by another, inside functions and under TYPE_CHECKING too."""
    known = modules(root)
    for name, path in known.items():
        yield from imports_of(name, path, known)


def imports_of(name: str, path: Path, known: Collection[str]) -> Iterator[Import]:
    """The imports of one file."""
    own = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = own.split(".")[: len(own.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found = [f"{source}.{alias.name}" if f"{source}.{alias.name}" in known else source for alias in node.names]
        else:
            continue
        for imported in found:
            if imported == PACKAGE or imported.startswith(f"{PACKAGE}."):
                yield Import(name, imported, node.lineno)


def faults(root: Path) -> list[str]:
    """What is forbidden: imports that climb, packages without a place, circles."""
    names = {_package(module) for module in modules(root)} - {""}
    said = [f"{name} has no place in LAYERS" for name in sorted(names - set(LEVEL))]
    found = list(imports(root))
    said += [str(each) for each in found if _is_forbidden(*each.packages)]
    graph: dict[str, set[str]] = {}
    for each in found:
        if each.imported not in (each.importer, PACKAGE):
            graph.setdefault(each.importer, set()).add(each.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        said.append(f"a circle: {' -> '.join(error.args[1])}")
    return said


def _is_forbidden(importer: str, imported: str) -> bool:
    if importer == "" or importer == imported or importer not in LEVEL or imported not in LEVEL:
        # The public face, at the top of the package, names what it shows; and `__version__` is for everybody.
        return False
    if importer in ALONE:
        return imported not in ALONE[importer]
    if LEVEL[importer] == LEVEL[imported]:
        return (importer, imported) not in BESIDE
    return LEVEL[imported] > LEVEL[importer]


def test_no_import_climbs_no_package_is_without_a_place_and_nothing_goes_in_a_circle() -> None:
    assert faults(ROOT) == []


def _copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


_FORMS = (
    "import {package}.{imported}",
    "from {package} import {imported}",
    "from {package}.{imported} import anything",
    "def late():\n    from {package}.{imported} import anything",
    "from {up}{imported} import anything",
    "from {up} import {imported}",
    "if TYPE_CHECKING:\n    from {up}{imported} import anything",
)
"""`up` is the way to the top: one dot from a module there, two from one in a package."""


def test_every_forbidden_import_is_caught_however_it_is_written(tmp_path: Path) -> None:
    """A rule that no test ever saw fail guards nothing: one import is planted for every forbidden pair of packages."""
    root = _copy(tmp_path)
    present = {_package(module) for module in modules(root)} & set(LEVEL)
    pairs = [(a, b) for a in sorted(present) for b in sorted(present) if _is_forbidden(a, b)]
    assert len(pairs) > 100
    known = modules(root)
    missed = []
    for importer, imported in pairs:
        planted = root / PACKAGE / importer
        planted = planted / "planted.py" if planted.is_dir() else planted.with_name(f"{importer}.py")
        before = planted.read_text(encoding="utf-8") if planted.exists() else None
        for form in _FORMS:
            up = ".." if planted.parent.name == importer else "."
            text = form.format(package=PACKAGE, imported=imported, up=up)
            planted.write_text(f"{before or ''}\n{text}\n", encoding="utf-8")
            found = imports_of(_module(planted, root), planted, known)
            if not any(each.packages == (importer, imported) for each in found):
                missed.append(f"{importer}: {text}")
        if before is None:
            planted.unlink()
        else:
            planted.write_text(before, encoding="utf-8")
    assert missed == []


@pytest.mark.parametrize("form", ["import {0}.lake.planted", "from {0}.lake import planted"])
def test_a_circle_of_two_files_is_caught(tmp_path: Path, form: str) -> None:
    root = _copy(tmp_path)
    (root / PACKAGE / "lake" / "planted.py").write_text(f"from {PACKAGE}.lake.other import x\n")
    (root / PACKAGE / "lake" / "other.py").write_text(form.format(PACKAGE) + "\n")
    assert any("circle" in said for said in faults(root))


def test_a_package_without_a_place_is_caught(tmp_path: Path) -> None:
    root = _copy(tmp_path)
    (root / PACKAGE / "utils").mkdir()
    (root / PACKAGE / "utils" / "__init__.py").write_text("")
    assert faults(root) == ["utils has no place in LAYERS"]
