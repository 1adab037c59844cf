"""The site in a real browser, from files: quiet, quick to search, linked to the second, usable by keyboard."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import growth
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.report.site import write_site
from sonitemi_pipelines.report.site.search_index import data_of
from sonitemi_pipelines.report.site.text import shard_of, terms
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse
from tests.report.accessibility import axe_findings, own_findings
from tests.report.browser import Page, chromium, find_chromium

PAGES = ("index", "conversations", "search", "people", "trackers", "trends")
TEXTS = (
    "Don’t re-use CAFÉ, naïve Ὀδυσσεύς! ΣΊΣΥΦΟΣ",
    "価格は10円です。ราคาเท่าไร",
    "مُحَمَّد שָׁלוֹם ﬁne ½ İstanbul Straße ǅ हिन्दी 한국어",
    "rock’n’roll O'Neill x`y e-mail a_b *** — …",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium(find_chromium()) as page:
        page.size(1200, 800)
        page.prefer(prefers_reduced_motion="reduce")
        yield page


@pytest.fixture(scope="module")
def site(synced: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with open_warehouse(synced.warehouse) as connection:
        write_site(connection, folder)
    return folder


def open_search(page: Page, site: Path, query: str) -> None:
    page.open(f"{(site / 'search.html').as_uri()}?{time.monotonic_ns()}#q={query}")
    page.wait_for("document.querySelector('#found').textContent")


def test_pages_are_quiet_and_accessible_by_day_and_night(browser: Page, site: Path) -> None:
    """Console errors, network calls, grey on grey, fields without a name: nobody would tell us."""
    for scheme in ("light", "dark"):
        browser.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        for name in PAGES:
            browser.open((site / f"{name}.html").as_uri())
            assert own_findings(browser) == [], (name, scheme)
            assert axe_findings(browser) == [], (name, scheme)
    browser.prefer(prefers_reduced_motion="reduce")
    assert browser.complaints == []
    assert browser.requested == []


def test_a_search_leads_to_the_second_it_was_said(browser: Page, site: Path) -> None:
    """The way from a question to somebody's own words is what the site is for."""
    open_search(browser, site, "%22thank+you%22")
    assert browser.script("document.querySelectorAll('#hits > li').length") > 2
    marked = "[...document.querySelectorAll('#hits mark')].map(e => e.textContent.toLowerCase())"
    assert any("thank" in text for text in browser.script(marked))
    link = r"[...document.querySelectorAll('#hits a.time')].find(e => /#s\d\d/.test(e.href))"
    browser.script(f"{link}.click()")
    browser.wait_for("document.querySelector('article.current') && location.hash.startsWith('#s')")
    paragraph = "document.querySelector('article.current').getBoundingClientRect()"
    browser.wait_for(f"{paragraph}.top < innerHeight && {paragraph}.bottom > 0")
    assert "thank" in browser.script("document.querySelector('article.current').textContent.toLowerCase()")
    assert browser.script("document.querySelector('a[href=\"../../index.html\"]') !== null")


def test_the_browser_makes_terms_as_the_index_does(browser: Page, site: Path) -> None:
    """Two ways to fold a letter, and the word is never found."""
    browser.open((site / "search.html").as_uri())
    for text in TEXTS:
        there = browser.script(f"SEARCH.terms({text!r}).map(term => [term, SEARCH.shardOf(term)])")
        assert there == [[term, shard_of(term)] for term in terms(text)]


def test_the_list_filters_sorts_and_remembers(browser: Page, site: Path) -> None:
    """A filter that is lost on the way back makes people start again."""
    browser.open((site / "conversations.html").as_uri())
    rows = "document.querySelectorAll('#list tbody tr').length"
    everything = browser.script(rows)
    browser.script("(() => { const f = document.querySelector('#f-provider'); f.value = 'temi';"
                   " f.dispatchEvent(new Event('input', {bubbles: true})) })()")  # fmt: skip
    assert 0 < browser.script(rows) < everything
    browser.script("document.querySelector('th[data-column=words] button').click()")
    words = "[...document.querySelectorAll('#list tbody tr')].map(r => Number(r.cells[7].textContent.replace(',', '')))"
    assert browser.script(words) == sorted(browser.script(words), reverse=True)
    kept = browser.script("location.href")
    assert "provider=temi" in kept
    browser.open((site / "index.html").as_uri())
    browser.open(kept)
    assert browser.script(rows) < everything
    assert browser.script("document.querySelector('th[aria-sort]').dataset.column") == "words"
    browser.script("location.hash = '#name=no+such+name'")
    browser.wait_for("document.querySelector('#found').textContent === 'No conversation matches.'")


def test_a_phone_has_no_sideways_scroll_and_paper_no_controls(browser: Page, site: Path, tmp_path: Path) -> None:
    browser.size(390, 800)
    for name in PAGES:
        browser.open((site / f"{name}.html").as_uri())
        assert browser.script("document.documentElement.scrollWidth <= innerWidth"), name
    browser.size(1200, 800)
    browser.open((site / "index.html").as_uri())
    browser.pdf(tmp_path / "overview.pdf")
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.script("getComputedStyle(document.querySelector('.top')).display") == "none"
    browser.call("Emulation.setEmulatedMedia", media="")


@pytest.mark.long
def test_five_thousand_conversations(browser: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A corpus of years opens at once; one change touches a bounded number of files. Times are printed."""
    settings = Settings.from_env({"SONITEMI_HOME": str(tmp_path / "home")})
    lake = Lake.from_settings(settings)
    growth.build(lake, settings, 5000 * 400, 400)
    site = tmp_path / "site"
    times: dict[str, float] = {}

    def timed(what: str, began: float) -> None:
        times[what] = time.monotonic() - began
        with capsys.disabled():
            print(f"{what}: {times[what]:.2f} s", flush=True)

    began = time.monotonic()
    with open_warehouse(settings.warehouse) as connection:
        done = write_site(connection, site)
    timed("first build", began)
    assert done.conversations == done.made == 5000
    commit_transcripts(lake, [growth.conversation(999, "rec7-0", growth.FIRST_DAY, 400)])
    refresh(lake)
    publish_warehouse(lake, settings)
    began = time.monotonic()
    with open_warehouse(settings.warehouse) as connection:
        done = write_site(connection, site)
    timed("build after one change", began)
    assert done.made == 1
    assert done.written <= 30
    for name in PAGES:
        began = time.monotonic()
        browser.open((site / f"{name}.html").as_uri())
        timed(f"open {name}", began)
    browser.open((site / "conversations.html").as_uri())
    began = time.monotonic()
    browser.script("(() => { const f = document.querySelector('#f-name'); f.value = 'rec7-';"
                   " f.dispatchEvent(new Event('input', {bubbles: true})) })()")  # fmt: skip
    timed("filter", began)
    assert 0 < browser.script("document.querySelectorAll('#list tbody tr').length") < 5000
    [rare, *_] = [term for file in sorted(site.glob("data/*/*.js")) for term in data_of(file.read_text("utf-8"))]
    for query in (rare, "the+and", "%22you+know%22", "pric*"):
        began = time.monotonic()
        open_search(browser, site, query)
        timed(f"search {query}", began)
        assert browser.script("document.querySelectorAll('#hits > li').length") > 0, query
    assert browser.complaints == []
