# ruff: noqa: E501
"""Accessibility of a page that is open in a browser: own checks, and axe-core where npm has put it.

`npm install --no-save --prefix .axe axe-core@4` puts it under .axe, where .ci/run does so too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.report.browser import Page

AXE = Path(__file__).resolve().parents[2] / ".axe/node_modules/axe-core/axe.min.js"

# What a screen reader and a keyboard need, in the browser's own words. Each finding is one line.
_OWN = """(() => {
  const found = [], seen = (e) => e.checkVisibility();
  const name = (e) => (e.getAttribute("aria-label") || e.textContent || e.title || "").trim();
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title.trim()) found.push("no title");
  if (document.querySelectorAll("main").length !== 1) found.push("not one main");
  const levels = [...document.querySelectorAll("h1,h2,h3,h4")].filter(seen).map((e) => Number(e.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) found.push("not one h1");
  levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) found.push("heading level skipped: h" + level); });
  for (const e of document.querySelectorAll("a[href],button")) if (seen(e) && !name(e) && !e.closest("svg")) found.push("no name: " + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll("input,select,textarea")) if (!e.labels.length && !e.getAttribute("aria-label")) found.push("no label: " + e.id);
  for (const e of document.querySelectorAll("svg")) if (e.getAttribute("aria-hidden") !== "true" && !(["img", "group"].includes(e.getAttribute("role")) && e.getAttribute("aria-label"))) found.push("svg without a text");
  for (const e of document.querySelectorAll("table")) if (!e.querySelector("th[scope]")) found.push("table without heads");
  const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const paper = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$|transparent/.test(c)) return c; } return "rgb(255, 255, 255)"; };
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !seen(e)) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(paper(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push("contrast " + ratio.toFixed(1) + ": " + e.outerHTML.slice(0, 80));
  }
  return found;
})()"""


def own_findings(page: Page) -> list[str]:
    """What is wrong with names, labels, headings, landmarks, tables and contrast."""
    found: list[str] = page.script(_OWN)
    return found


def axe_findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical; nothing where it is not installed."""
    if not AXE.exists():
        return []
    page.script(AXE.read_text("utf-8") + ";0")
    found: list[dict[str, Any]] = page.script(
        "axe.run(document, {preload: false, resultTypes: ['violations']}).then(r => r.violations.map(v => "
        "({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html)})))"
    )
    return [
        f"{each['id']}: {each['help']} {each['nodes']}" for each in found if each["impact"] in ("serious", "critical")
    ]
