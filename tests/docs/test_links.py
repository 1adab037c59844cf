"""Whoever follows a link or a path in the documentation gets there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sql/*.md"), *ROOT.glob("benchmarks/*.md")])
LINK = re.compile(r"(?<!\!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"")
# A path that is meant to be one: folders of this repository, or a file with an ending.
PATH = re.compile(r"`((?:sonitemi_pipelines|dagster_project|sql|tests|docs|deploy|benchmarks)/[\w./-]*)`")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Ids of a page's headings, as GitHub and mkdocs make them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"[`*]", "", heading).strip().lower()
        found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain)))
    return found | set(re.findall(r"\bid=\"([^\"]+)\"", text))


def links(page: Path) -> Iterator[str]:
    for match in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
        yield next(group for group in match.groups() if group)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    if page.name != "CHANGELOG.md":
        broken += [path for path in PATH.findall(text) if "NAME" not in path and not (ROOT / path).exists()]
    assert broken == [], f"{page.relative_to(ROOT)} leads nowhere: {broken}"
