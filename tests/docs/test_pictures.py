"""The pages for people, in a real browser, on the recordings of the demo: what README and docs show of them.

With SONITEMI_PICTURES set, the pictures of the documentation are kept (`make docs-pictures`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.report.site import write_site
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse
from tests.report.accessibility import axe_findings, own_findings
from tests.report.browser import Page, chromium, find_chromium

pytestmark = pytest.mark.slow

_TALKATIVE = """
SELECT provider || '-' || recording_id FROM conversation_stats WHERE variant = 'latest' AND NOT low_quality
ORDER BY interruptions DESC NULLS LAST, recording_id LIMIT 1
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium(find_chromium()) as page:
        page.size(1120, 700)
        page.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
        page.call("Emulation.setScrollbarsHidden", hidden=True)
        yield page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The site of the demo's recordings, and the page of its liveliest conversation."""
    home = tmp_path_factory.mktemp("demo")
    with Sandbox(seed=1).running() as sandbox:
        env = {**sandbox.env, "SONITEMI_HOME": str(home / "data")}
        settings = Settings.from_env({**env, "SONIX_RATE_PER_MINUTE": "0.17", "TEMI_RATE_PER_MINUTE": "0.25"})
        run_sync(settings)
    with open_warehouse(settings.warehouse) as connection:
        write_site(connection, home / "site")
        [(slug,)] = connection.execute(_TALKATIVE).fetchall()
    return home / "site", next((home / "site").glob(f"c/*/{slug}-*.html"))


def test_the_overview_says_how_much_there_is_and_how_good(
    browser: Page, site: tuple[Path, Path], pictures: Path
) -> None:
    """The first page decides whether anybody opens a second."""
    browser.open((site[0] / "index.html").as_uri())
    browser.see("Conversations", "56", "of 70 recordings", "Recorded", "Words", "To read with care", "Hours by week")
    browser.see("Sonix", "Temi", "Folders", "Languages", "Newest")
    browser.picture(pictures / "overview.png")
    sound(browser)


def test_a_conversation_shows_who_spoke_when_and_what_was_said(
    browser: Page, site: tuple[Path, Path], pictures: Path
) -> None:
    """What an analyst sends to somebody who has never heard of a warehouse."""
    browser.open(site[1].as_uri())
    browser.see("All conversations", "Created", "Length", "Speakers", "Response latency", "Interruptions")
    browser.see("Who spoke when", "Speech rate", "Silences", "Terms", "Transcript")
    browser.picture(pictures / "conversation.png")
    sound(browser)


def test_a_search_shows_who_said_it_and_when(browser: Page, site: tuple[Path, Path], pictures: Path) -> None:
    browser.open((site[0] / "search.html").as_uri() + "#q=thank+you")
    browser.see("passages in", "Words said", "Thank")
    browser.picture(pictures / "search.png")
    sound(browser)


def sound(browser: Page) -> None:
    """No console error, nothing asked of anybody, nothing serious for whoever cannot see it."""
    assert browser.complaints == []
    assert browser.requested == []
    assert own_findings(browser) == []
    assert axe_findings(browser) == []
