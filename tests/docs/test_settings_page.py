"""Every environment variable that the code reads is explained, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from sonitemi_pipelines.settings import _OF_VENDORS
from sonitemi_pipelines.vendors import VENDORS

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[\"'](SONITEMI_[A-Z_]+)[\"'=]")


def test_the_page_of_settings_names_what_the_code_reads() -> None:
    """A variable that nobody can find is not a setting; one that nothing reads is a trap."""
    code = "".join(
        path.read_text("utf-8")
        for folder in ("sonitemi_pipelines", "dagster_project")
        for path in (ROOT / folder).rglob("*.py")
    )
    page = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", (ROOT / "docs/settings.md").read_text("utf-8")))
    read = set(NAME.findall(code))
    of_vendors = {f"{name.upper()}{ending}" for name in VENDORS for ending in _OF_VENDORS}
    assert read - page == set(), "explain them in docs/settings.md"
    # What a schedule's variable is called is put together from its job.
    unknown = {name for name in page - read - of_vendors if not name.startswith("AWS_") and not name.endswith("_CRON")}
    assert unknown == set(), "nothing reads them: take them out of docs/settings.md"
