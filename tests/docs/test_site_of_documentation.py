"""The documentation builds strictly, and reads without a network."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.report.accessibility import axe_findings
from tests.report.browser import chromium, find_chromium

ROOT = Path(__file__).resolve().parents[2]


LOOKED_AT = ("index", "own_data", "how_it_works", "data_dictionary", "settings", "errors", "recipes/dagster")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built strictly."""
    if importlib.util.find_spec("material") is None:
        pytest.skip("the extra [docs] is not installed; `make docs-site` installs it")
    folder = tmp_path_factory.mktemp("documentation")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_builds_without_warnings_and_asks_nobody_for_anything(site: Path) -> None:
    """A page left out of the menu, a link to nowhere, a font from elsewhere."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        loads = re.findall(
            r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?(https?:[^\" >]+)", page.read_text("utf-8")
        )
        assert loads == [], page.name


def test_its_pages_are_quiet_and_nothing_serious_is_wrong_for_a_screen_reader(site: Path, pictures: Path) -> None:
    """The documentation is what people judge first, and some of them by ear."""
    with chromium(find_chromium()) as browser:
        browser.size(1280, 800)
        browser.call("Emulation.setScrollbarsHidden", hidden=True)
        for scheme in ("light", "dark"):
            browser.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            for name in (
                "index",
                "own_data",
                "how_it_works",
                "data_dictionary",
                "settings",
                "errors",
                "recipes/dagster",
            ):
                browser.open((site / f"{name}.html").as_uri())
                assert axe_findings(browser) == [], (name, scheme)
        browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
        browser.open((site / "index.html").as_uri())
        browser.see("Start here", "make demo", "Your data in five minutes", "Recipes")
        browser.picture(pictures / "documentation.png")
        assert browser.complaints == []
        assert browser.requested == []
