"""What a browser would make of a page's markup: elements, ids, links, and the text people read."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Markup(HTMLParser):
    """Attributes:
    elements: how many of each element.
    ids: every id, in order.
    links: every href of an `a`.
    loads: attributes that would make a browser fetch something, other than data: URLs.
    handlers: attributes that would run script.
    text: text outside style and script.
    unclosed: elements open at the end.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.unclosed: list[str] = []
        self.misnested: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        if tag not in VOID:
            self.unclosed.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("src", "href", "srcset", "data", "action") and not (value or "").startswith("data:"):
                self.loads.append(f"{tag} {name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.unclosed.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.unclosed or self.unclosed[-1] != tag:
            self.misnested.append(tag)
        else:
            self.unclosed.pop()

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.unclosed):
            self.text += data
