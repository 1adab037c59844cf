"""Small inputs, each with its right value and the reason: what the numbers stand on."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from sonitemi_pipelines.lake.record import Source, Transcript
from tests.parsed import parse_sonix, parse_temi

Read = Callable[..., Transcript]


def source(provider: str, language: str | None) -> Source:
    return Source(provider, "r", "latest", dt.date(2026, 3, 1), dt.datetime(2026, 3, 2), language=language)


@pytest.fixture(scope="session")
def sonix() -> Read:
    """Tokens of one turn, each a second long -> transcript."""

    def read(*tokens: str, language: str | None = "en") -> Transcript:
        words = [{"text": text, "start_time": i, "end_time": i + 1} for i, text in enumerate(tokens)]
        body = json.dumps({"transcript": [{"speaker": "Ann", "words": words}]}).encode()
        return parse_sonix(body, source("sonix", language))

    return read


@pytest.fixture(scope="session")
def temi() -> Read:
    """Elements of one monologue, as texts or as (type, text) -> transcript."""

    def read(*elements: str | tuple[str, str]) -> Transcript:
        sent: list[dict[str, Any]] = [
            {"type": "text", "value": each} if isinstance(each, str) else {"type": each[0], "value": each[1]}
            for each in elements
        ]
        body = json.dumps({"speakers": [], "monologues": [{"id": 0, "speaker": 0, "elements": sent}]}).encode()
        return parse_temi(body, source("temi", None))

    return read
