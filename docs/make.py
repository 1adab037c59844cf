"""`make docs`: writes every page that is made from code. Such a page has a `make_*.py` beside it.

A maker has `PAGE`, where its page lies, and `render()`, the page as text.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parent


def makers() -> dict[str, ModuleType]:
    """Every maker by its name: 'dictionary' for make_dictionary.py."""
    found = {}
    for path in sorted(DOCS.glob("make_*.py")):
        spec = importlib.util.spec_from_file_location(f"docs_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # A dataclass looks its module up there.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        found[path.stem.removeprefix("make_")] = module
    return found


def main() -> None:
    wanted = sys.argv[1:]
    for name, maker in makers().items():
        if wanted and name not in wanted:
            continue
        page, text = maker.PAGE, maker.render()
        changed = not page.exists() or page.read_text(encoding="utf-8") != text
        if changed:
            page.write_text(text, encoding="utf-8")
        print(f"{'wrote' if changed else 'same '} {page.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
