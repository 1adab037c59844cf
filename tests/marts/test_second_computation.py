"""Terms computed a second time, in another way; what is measured of time has its second computation in tests/truth."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.vendors.sonix.parse import parse as parse_sonix
from sonitemi_pipelines.vendors.temi.parse import parse as parse_temi

from .generated import conversation
from .talk import Marts


def real(folder: Path) -> list[Transcript]:
    found = []
    for path in sorted(folder.glob("*/*.json")):
        provider = path.parent.name
        source = Source(provider, path.stem, "latest", dt.date(2026, 3, 1), dt.datetime(2026, 3, 2), language="en")
        found.append((parse_sonix if provider == "sonix" else parse_temi)(path.read_bytes(), source))
    return found


@pytest.fixture(scope="module", params=[50, pytest.param(300, marks=pytest.mark.long), "real"])
def lake(request: pytest.FixtureRequest) -> tuple[list[Transcript], Marts]:
    if request.param != "real":
        transcripts = [conversation(seed) for seed in range(request.param)]
    else:
        folder = Path(__file__).resolve().parents[3] / "shared" / "real"
        if not folder.is_dir():
            pytest.skip("real conversations are not here: no ../shared/real beside this checkout")
        transcripts = real(folder)
    return transcripts, Marts(*transcripts)


def by_recording(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["recording_id"], []).append(row)
    return found


def test_terms(lake: tuple[list[Transcript], Marts]) -> None:
    """Words of the final text are lost or doubled on their way into the terms."""
    transcripts, marts = lake
    terms = by_recording(marts.rows("terms"))
    stop = {row[0] for row in marts.connection.execute("SELECT word FROM stop_words WHERE language = 'en'").fetchall()}
    stop |= {
        f
        for (f,) in marts.connection.execute("SELECT filler FROM fillers_by_language WHERE language = 'en'").fetchall()
    }
    pairs = {tuple(filler.split()) for filler in stop if len(filler.split()) == 2}
    for transcript in transcripts:
        text = transcript.transcripts["text"][0].as_py().lower().replace("’", "'")
        marks = "".join(c for c in set(text) if not c.isalnum() and not c.isspace())
        spoken = []
        for turn in text.splitlines():
            said = [stripped for word in turn.split() if (stripped := word.strip(marks))]
            # A word of "you know" is no term of its own.
            filled = [i for i, pair in enumerate(itertools.pairwise(said)) if pair in pairs]
            dropped = {*filled, *(i + 1 for i in filled)}
            spoken += [word for i, word in enumerate(said) if i not in dropped]
        expected = (
            pd.Series([word for word in spoken if word and word not in stop], dtype=object).value_counts().to_dict()
        )
        found = {r["term"]: r["occurrences"] for r in terms.get(transcript.source.recording_id, []) if r["n"] == 1}
        assert found == expected
