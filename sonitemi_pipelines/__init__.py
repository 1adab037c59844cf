"""Sonix and Temi transcripts, word by word, in your own lake. Imports no Dagster.

What stands in `__all__` is the public face; everything else is internal and may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sonitemi_pipelines.environment import environment

if TYPE_CHECKING:
    from sonitemi_pipelines.api.sonix.client import SonixClient
    from sonitemi_pipelines.api.temi.client import TemiClient
    from sonitemi_pipelines.pipeline.run import run_sync
    from sonitemi_pipelines.settings import Settings
    from sonitemi_pipelines.warehouse.reading import Warehouse
    from sonitemi_pipelines.warehouse.reading import Warehouse as open_warehouse

__version__ = "0.1.0"
__all__ = ["Settings", "SonixClient", "TemiClient", "Warehouse", "open_warehouse", "run_sync"]

# Read when pyarrow is loaded. Its own allocator keeps some 60 MB of a sync that nothing uses, and is not quicker here.
environment().setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

# Imported when asked for: who queries the warehouse does not wait for the lake, nor for a vendor's client.
_PLACES = {
    "Settings": "settings:Settings",
    "SonixClient": "api.sonix.client:SonixClient",
    "TemiClient": "api.temi.client:TemiClient",
    "Warehouse": "warehouse.reading:Warehouse",
    "open_warehouse": "warehouse.reading:Warehouse",
    "run_sync": "pipeline.run:run_sync",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name].split(":")
    return getattr(import_module(f"{__name__}.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
