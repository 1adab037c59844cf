"""Transcripts are assembled by the batch: one must not change another, and each must be what it is by itself."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sonitemi_pipelines.lake.record import Source, TranscriptBatch
from sonitemi_pipelines.parsing.assemble import assemble
from sonitemi_pipelines.parsing.columns import Columns
from sonitemi_pipelines.vendors.sonix.parse import take_apart as sonix
from sonitemi_pipelines.vendors.temi.parse import take_apart as temi

TABLES = ("transcripts", "turns", "words", "split_words", "raw_payloads")
WORDS = [
    *("hello", "Ann's", "ended.", "Next", "train—which", "***", "3.5", "U.S.", "um…I", "you know", "don", "'", "t"),
    *("[laughter]", "(crosstalk)", "[inaudible", "00:03:12]", "ähm", "[Gelächter]", "今日", "は", "नमस्ते", "", " ", "?"),
]
LANGUAGES = ["en", "de", "en_US", "ja", "es-en", None]


def source(provider: str, number: int, language: str | None) -> Source:
    day = dt.date(2026, 1, 1 + number % 28)
    return Source(provider, f"r{number:04}", "latest", day, dt.datetime(2026, 2, 1), language=language)


def hard(seed: int) -> Columns:
    vendor, body, of = hard_payload(seed)
    return {"sonix": sonix, "temi": temi}[vendor](body, of)


def hard_payload(seed: int) -> tuple[str, bytes, Source]:
    """A conversation of one vendor or the other, with or without spaces, times, struck words, fields of its own."""
    draw = random.Random(seed)
    spacing = draw.choice(["", " ", "mixed"])
    at = 0.0

    def token() -> tuple[str, float | None, float | None]:
        nonlocal at
        at += draw.choice([0.0, 0.2, 0.7, 3.0])
        text = draw.choice(WORDS)
        space = draw.choice(["", " "]) if spacing == "mixed" else spacing
        timed = draw.random() < 0.9
        return space + text, at if timed else None, at + draw.choice([0.0, 0.1, 0.3]) if timed else None

    turns = [[token() for _ in range(draw.randrange(9))] for _ in range(draw.randrange(6))]
    speakers = [draw.choice(["Ann", "Ann ", "Bob", "", None]) for _ in turns]
    if draw.random() < 0.5:
        words = [
            [
                {"text": text, "start_time": start, "end_time": end, "strikethrough": draw.random() < 0.2}
                | ({"highlight_color": "red"} if draw.random() < 0.05 else {})
                for text, start, end in turn
            ]
            for turn in turns
        ]
        body: Any = {
            "name": f"talk {seed}",
            "transcript": [
                {"speaker": who, "start_time": draw.random(), "words": said}
                for who, said in zip(speakers, words, strict=True)
            ],
        }
        return "sonix", json.dumps(body).encode(), source("sonix", seed, draw.choice(LANGUAGES))
    kinds = ["text", "text", "punct", "tag", "unknown"]
    body = {
        "monologues": [
            {
                "speaker": number,
                "elements": [
                    {"type": draw.choice(kinds), "value": text}
                    | ({} if start is None else {"ts": start, "end_ts": end})
                    for text, start, end in turn
                ],
            }
            for number, turn in enumerate(turns)
        ],
        "speakers": [{"id": number, "name": who or ""} for number, who in enumerate(speakers)],
    }
    return "temi", json.dumps(body).encode(), source("temi", seed, draw.choice(LANGUAGES))


def one_by_one(batch: list[Columns]) -> dict[str, pa.Table]:
    each = [assemble([columns]) for columns in batch]
    return {name: pa.concat_tables([getattr(rows, name) for rows in each]) for name in TABLES}


def assert_same(batch: TranscriptBatch, wanted: dict[str, pa.Table]) -> None:
    for name in TABLES:
        found: pa.Table = getattr(batch, name)
        assert found.schema == wanted[name].schema
        assert found.to_pylist() == wanted[name].to_pylist(), name


@pytest.mark.parametrize("seed", range(20))
def test_a_transcript_says_the_same_in_a_batch_of_any_others(seed: int) -> None:
    batch = [hard(1000 * seed + number) for number in range(random.Random(seed).randrange(1, 30))]
    assert_same(assemble(batch), one_by_one(batch))


@pytest.mark.parametrize("vendor", ["sonix", "temi"])
def test_real_conversations_say_the_same_in_a_batch(real_folder: Path, vendor: str) -> None:
    take_apart = {"sonix": sonix, "temi": temi}[vendor]
    bodies = [path.read_bytes() for path in sorted((real_folder / vendor).glob("*.json"))]
    batch = [take_apart(body, source(vendor, number, "en")) for number, body in enumerate(bodies)]
    assert_same(assemble(batch), one_by_one(batch))


def test_a_batch_of_nothing_is_nothing() -> None:
    rows = assemble([])
    assert [getattr(rows, name).num_rows for name in TABLES] == [0] * len(TABLES)
