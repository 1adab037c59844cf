"""The page itself: one file with everything in it, and nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from sonitemi_pipelines import __version__
from sonitemi_pipelines.report.axis import clock
from sonitemi_pipelines.report.conversation import Conversation
from sonitemi_pipelines.report.facts import doubts, header_facts, key_facts, number, percent, seconds
from sonitemi_pipelines.report.rate import charted_speakers, rate_chart
from sonitemi_pipelines.report.timeline import shortest_silence_ms, timeline

WORDS_SHOWN = 24
PHRASES_SHOWN = 12
SILENCES_SHOWN = 8
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def render_page(conversation: Conversation, *, home: str | None = None) -> str:
    """The report as HTML that needs no network, no script and no other file.

    Args:
        home: relative link to the site that the page is part of; None for a page that stands alone.
    """
    script = _part("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template().render(
        conversation=conversation,
        home=home,
        header=conversation.header,
        title=conversation.header["name"] or conversation.header["title"] or conversation.header["recording_id"],
        language=_language(conversation),
        url=_web_url(conversation.header["url"]),
        header_facts=header_facts(conversation),
        key_facts=key_facts(conversation),
        doubts=doubts(conversation),
        strips=timeline(conversation),
        shortest_silence_ms=shortest_silence_ms,
        rate_chart=rate_chart(conversation),
        rated=charted_speakers(conversation),
        last_minute=max((minute for minute, _ in conversation.minutes), default=-1),
        silences=sorted(conversation.silences, key=lambda found: found.start_ms - found.end_ms)[:SILENCES_SHOWN],
        words=[term for term in conversation.terms if term.n == 1][:WORDS_SHOWN],
        phrases=[term for term in conversation.terms if term.n > 1][:PHRASES_SHOWN],
        version=__version__,
        style=Markup(_part("palette.css") + _part("page.css")),
        script=Markup(script),
        script_digest=digest,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sonitemi_pipelines.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=clock, percent=percent, seconds=seconds, number=number)
    return environment.get_template("page.html")


def _part(name: str) -> str:
    return resources.files("sonitemi_pipelines.report").joinpath("templates", name).read_text("utf-8")


def _language(conversation: Conversation) -> str | None:
    code: Any = conversation.header["language"]
    return code if code and _LANGUAGE.fullmatch(code) else None


def _web_url(url: str | None) -> str | None:
    # The URL is the vendor's word: anything but a web page, such as javascript:, gets no link.
    return url if url and url.startswith(("https://", "http://")) else None
