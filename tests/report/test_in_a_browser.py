"""The page in a real browser: it is quiet, asks nobody for anything, is drawn, and its links move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.report import load_conversation, render_page
from tests.report.browser import Page, chromium, find_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium(find_chromium()) as page:
        yield page


@pytest.fixture
def page(browser: Page, warehouse: duckdb.DuckDBPyConnection, talk: tuple[str, str], tmp_path: Path) -> Page:
    file = tmp_path / "report.html"
    file.write_text(render_page(load_conversation(warehouse, *talk)), encoding="utf-8")
    browser.size(1200, 800)
    # Smooth scrolling takes as long as a machine is busy; what is tested is where it ends.
    browser.prefer(prefers_reduced_motion="reduce")
    browser.open(file.as_uri())
    return browser


def in_view(selector: str) -> str:
    return (
        f"(() => {{ const b = document.querySelector({selector!r}).getBoundingClientRect();"
        " return b.top >= 0 && b.bottom <= innerHeight })()"
    )


def test_no_console_error_and_no_request(page: Page) -> None:
    """A report must open behind any firewall, and tell nobody that it was opened."""
    page.click("#c3")
    page.script("document.querySelectorAll('details').forEach(found => { found.open = true })")
    assert page.complaints == []
    assert page.requested == []


def test_the_charts_are_drawn(page: Page) -> None:
    """Marks without a size or a colour would be an empty frame."""
    for selector in (".turn rect", ".column rect", ".bar rect", ".interruption"):
        width, height, fill = page.script(
            f"(() => {{ const e = document.querySelector('.scroll {selector}'), b = e.getBoundingClientRect();"
            " return [b.width, b.height, getComputedStyle(e).fill] })()"
        )
        assert width >= 1, selector
        assert height >= 3, selector
        assert fill not in ("none", "rgb(0, 0, 0)"), selector
    charts = page.script(
        "[...document.querySelectorAll('.scroll > svg')].map(e => e.getBoundingClientRect())"
        ".map(b => [b.width, b.height])"
    )
    assert all(width > 700 and height > 50 for width, height in charts)


def test_a_click_on_a_turn_leads_to_its_words_and_back(page: Page) -> None:
    """The chart is the way into a long transcript."""
    index = page.script("Math.max(...[...document.querySelectorAll('article')].map(e => Number(e.dataset.turn))) - 1")
    assert not page.script(in_view(f"#t{index}"))
    page.click(f"#c{index} rect")
    page.wait_for(in_view(f"#t{index}"))
    page.wait_for(f"document.querySelector('#t{index}').classList.contains('current')")
    assert page.script(f"getComputedStyle(document.querySelector('#t{index}')).backgroundColor") != "rgba(0, 0, 0, 0)"
    page.click(f"#t{index} h3 a")
    page.wait_for(in_view(f"#c{index} rect"))
    assert page.script("document.querySelectorAll('article.current').length") == 1


def test_light_and_dark_differ_and_a_phone_has_no_sideways_scroll(page: Page) -> None:
    """People read at night and on phones; only the charts may scroll sideways, within themselves."""
    brightness = (
        "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name].match(/\\d+/g)"
        ".reduce((sum, part) => sum + Number(part), 0))"
    )
    for scheme, is_right in (
        ("light", lambda paper, ink: paper - ink > 400),
        ("dark", lambda paper, ink: ink - paper > 400),
    ):
        page.prefer(prefers_color_scheme=scheme)
        assert is_right(*page.script(brightness)), scheme
    page.size(390, 800)
    assert page.script("document.documentElement.scrollWidth <= innerWidth")


def test_it_prints(page: Page, tmp_path: Path) -> None:
    """A printed report has its charts and no leftovers of the screen."""
    page.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert page.script("getComputedStyle(document.querySelector('nav')).display") == "none"
        assert page.script("document.querySelector('.turn rect').getBoundingClientRect().width") > 0
    finally:
        page.call("Emulation.setEmulatedMedia", media="")
    page.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
