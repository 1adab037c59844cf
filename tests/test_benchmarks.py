"""`make bench` is run by hand: it must not rot meanwhile. Nothing here looks at a time."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import corpus, output
from benchmarks.measure import run
from benchmarks.rows import Row

ROOT = Path(__file__).parents[1]
ROWS = [
    Row("bytes to the lake", "dicts & pandas", "M words/s", 0.9, 0.5, 2.0, higher=True),
    Row("bytes to the lake", "dlt", "M words/s", 0.9, 0.05, 11.0, higher=True),
    Row("peak memory of a first sync", "-", "MB", 450, None, 500),
]
ABOUT = {"words": 500_000, "texts": "made up", "rounds": 3, "growth": 4, "cpus": 2}


def test_every_word_of_the_corpus_gets_into_the_lake(tmp_path: Path) -> None:
    """Reading fewer words than the peers would look fast."""
    assert corpus.make(tmp_path / "corpus", 10_000, None) == "made up"
    corpus.multiply(tmp_path / "corpus", tmp_path / "twice", 2)
    step = [sys.executable, "-m", "benchmarks.ours", "ingest", str(tmp_path / "twice"), str(tmp_path / "home")]
    found = run(step, {"PYTHONPATH": str(ROOT)})
    assert found["words"] == 20_000
    assert found["bytes"] > 0
    assert found["wall"] > 0


def test_a_peer_that_fails_is_not_a_fast_one() -> None:
    with pytest.raises(RuntimeError, match="nothing here"):
        run([sys.executable, "-c", "raise SystemExit('nothing here')"])


def test_the_table_says_what_was_met_and_the_chart_is_an_image() -> None:
    """A ratio read the wrong way round would turn a loss into a win."""
    lines = output.markdown(ROWS).splitlines()
    assert lines[0] == "2 of 3 targets met"
    assert lines[4].endswith("| 1.80x | >= 2x | not met |")
    assert lines[5].endswith("| 18.00x | >= 11x | met |")
    assert lines[6].endswith("| - | <= 500 | met |")
    image = ET.fromstring(output.chart(ROWS, ABOUT))
    said = [text.text for text in image.iter("{http://www.w3.org/2000/svg}text")]
    assert "dicts & pandas" in said
    assert "0.90" in said
    ET.fromstring(output.growth_chart(ROWS, ABOUT))
