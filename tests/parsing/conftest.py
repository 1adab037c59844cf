"""Builders of payloads, small enough that the truth can be worked out by hand."""

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest

from sonitemi_pipelines.lake.record import Source, Transcript
from tests.parsed import parse_sonix, parse_temi

Parse = Callable[..., Transcript]


def source(provider: str, **more: Any) -> Source:
    return Source(
        provider,
        "rec-1",
        "latest",
        day=datetime.date(2026, 3, 1),
        fetched_at=datetime.datetime(2026, 3, 2, 10, 0),
        **more,
    )


@pytest.fixture(scope="session")
def sonix_body() -> Parse:
    """Sonix bytes -> transcript; keywords go to the source."""
    return lambda body, **more: parse_sonix(body, source("sonix", **more))


@pytest.fixture(scope="session")
def temi_body() -> Parse:
    """Temi bytes -> transcript; keywords go to the source."""
    return lambda body, **more: parse_temi(body, source("temi", **more))


@pytest.fixture(scope="session")
def sonix(sonix_body: Parse) -> Parse:
    """Sonix segments -> transcript; keywords are further members of the payload."""

    def parse(segments: list[Any], **top: Any) -> Transcript:
        return sonix_body(json.dumps({"name": "Call", "transcript": segments, **top}).encode())

    return parse


@pytest.fixture(scope="session")
def sonix_turn(sonix: Parse) -> Parse:
    """Sonix tokens of one turn -> transcript. A token is a text or a dict; one second each unless it says otherwise."""

    def parse(*tokens: str | dict[str, Any]) -> Transcript:
        words = [
            {"start_time": i, "end_time": i + 1, **(token if isinstance(token, dict) else {"text": token})}
            for i, token in enumerate(tokens)
        ]
        return sonix([{"speaker": "Ada", "words": words}])

    return parse


@pytest.fixture(scope="session")
def temi(temi_body: Parse) -> Parse:
    """Temi monologues -> transcript; keywords are further members of the payload."""

    def parse(monologues: list[Any], **top: Any) -> Transcript:
        return temi_body(json.dumps({"speakers": [], "monologues": monologues, **top}).encode())

    return parse


@pytest.fixture(scope="session")
def temi_turn(temi: Parse) -> Parse:
    """Temi elements of one monologue -> transcript. An element is a text (untimed) or a dict."""

    def parse(*elements: str | dict[str, Any]) -> Transcript:
        sent = [each if isinstance(each, dict) else {"type": "text", "value": each} for each in elements]
        return temi([{"id": 0, "speaker": 0, "elements": sent}])

    return parse


@pytest.fixture(scope="session")
def column() -> Callable[..., list[Any]]:
    """(table, name) -> the column as a list."""
    return lambda table, name: table.column(name).to_pylist()
