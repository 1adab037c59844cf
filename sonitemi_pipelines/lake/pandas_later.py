"""pyarrow asks for pandas at the first list that it makes an array of, which takes a process half a second of work that
nothing here needs. It is told that there is none until somebody imports pandas.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _Later(MetaPathFinder):
    """Finds no pandas while `hides`; then finds it as ever, and tells pyarrow of it once it is imported."""

    hides = True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "pandas":
            return None
        if self.hides:
            raise ModuleNotFoundError("pandas is not asked for yet", name=fullname)
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_tell(module: ModuleType) -> None:
            execute(module)
            _tell()

        spec.loader.exec_module = execute_and_tell  # type: ignore[method-assign]
        return spec


def _tell() -> None:
    """Have pyarrow look again: this of its properties needs pandas, and raises where there is none."""
    from pyarrow.lib import _pandas_api

    _ = _pandas_api.compat


def put_off() -> None:
    """Call once, before arrays are made; nothing happens where pandas is there or pyarrow is another one."""
    if "pandas" in sys.modules or not hasattr(pa.lib, "_pandas_api"):
        return
    later = _Later()
    sys.meta_path.insert(0, later)
    pa.array([0])
    later.hides = False
