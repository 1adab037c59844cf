"""What may import what."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_WITHOUT_DAGSTER = """
import importlib, pkgutil, sys

class NoDagster:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("dagster", "dagster_shared", "dagster_project"):
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

sys.meta_path.insert(0, NoDagster())
import sonitemi_pipelines
for module in pkgutil.walk_packages(sonitemi_pipelines.__path__, "sonitemi_pipelines."):
    importlib.import_module(module.name)
"""


def test_the_library_works_where_dagster_is_not_installed() -> None:
    """Airflow, cron or a notebook can use it: every module imports with dagster made impossible to import."""
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DAGSTER], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_data_flows_one_way() -> None:
    """Each layer imports only from layers before it: client, parse, lake, marts, sync and warehouse, people."""
    layers = {"lake": 1, "marts": 2, "sync": 3}
    for file in (ROOT / "sonitemi_pipelines").rglob("*.py"):
        layer = layers.get(file.relative_to(ROOT / "sonitemi_pipelines").parts[0], 9)
        if file.relative_to(ROOT / "sonitemi_pipelines").parts[0] in ("sonix", "temi", "http.py"):
            layer = 0
        for used in re.findall(r"^from sonitemi_pipelines\.(\w+)", file.read_text(), re.MULTILINE):
            if file.name == "parse.py" and used == "lake":
                continue
            assert layers.get(used, 0) <= layer, f"{file.name} imports {used}"
