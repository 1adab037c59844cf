"""What may import what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

_WITHOUT_DAGSTER = """
import importlib, pkgutil, sys

class NoDagster:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("dagster", "dagster_shared", "dagster_project", "pandas"):
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

sys.meta_path.insert(0, NoDagster())
import sonitemi_pipelines
FRAMEWORKS = ("sonitemi_pipelines.dagster", "sonitemi_pipelines.airflow")
for module in pkgutil.walk_packages(sonitemi_pipelines.__path__, "sonitemi_pipelines.", onerror=lambda name: None):
    if not module.name.startswith(FRAMEWORKS) and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def test_the_library_works_where_dagster_is_not_installed() -> None:
    """Airflow, cron or a notebook can use it: every module imports with dagster made impossible to import, and with
    pandas too, which takes a second and is wanted only where somebody asks for a frame.
    """
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DAGSTER], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("order", ["before", "after"])
def test_pyarrow_knows_pandas_as_soon_as_somebody_imports_it(order: str) -> None:
    """Frames of a user are not taken any more, or every command loads pandas for nothing."""
    ours = "import sonitemi_pipelines.lake.schemas, sys, pyarrow as pa; pa.array([1.5, None])"
    lazy = "print('pandas' in sys.modules)" if order == "after" else "print(False)"
    theirs = "import pandas as pd"
    frame = "print(pa.array(pd.Series([1.5, float('nan')])).null_count, pa.table(pd.DataFrame({'a': [1]})).num_rows)"
    lines = [ours, lazy, theirs, frame] if order == "after" else [theirs, ours, lazy, frame]
    done = subprocess.run([sys.executable, "-c", "; ".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["False", "1 1"]
