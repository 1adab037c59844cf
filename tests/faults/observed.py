"""What the long runs found, for docs/reliability.md: written only where SONITEMI_RECORD is set, before a release."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")


def observed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def record(name: str, found: Any) -> None:
    """Print what a run found, and keep it for the page."""
    print(f"{name}: {found}")
    if os.environ.get("SONITEMI_RECORD"):
        everything = dict(sorted((observed() | {name: found}).items()))
        FILE.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
