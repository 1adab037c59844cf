"""One label for one person, and nobody's label for nobody."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest

from tests.parsed import parse_sonix, parse_temi

from .conftest import source


def sonix_speakers(*names: str | None, empty: tuple[int, ...] = ()) -> tuple[list[str | None], int]:
    """Labels of the turns, and how many speakers the header counts. `empty`: turns without words."""
    turns = [
        {"speaker": name, "words": [] if i in empty else [{"text": "yes", "start_time": i, "end_time": i + 1}]}
        for i, name in enumerate(names)
    ]
    parsed = parse_sonix(json.dumps({"transcript": turns}).encode(), source("sonix", "en"))
    [count] = parsed.transcripts["speaker_count"].to_pylist()
    return list(parsed.turns["speaker"].to_pylist()), int(count or 0)


@pytest.mark.parametrize(
    "other",
    [
        "Ann Lee ",
        " Ann Lee",
        "Ann\u00a0Lee",
        "Ann  Lee",
        "Ann\tLee\n",
        "Ann\u200b Lee",
        "\ufeffAnn Lee",
        "Ann\u2060 Lee\u200e",
        "A\u00adnn Lee",
    ],
)
def test_one_person_however_the_name_is_spaced(other: str) -> None:
    """One person's time and words stand in two rows, and a monologue becomes a dialogue."""
    assert sonix_speakers("Ann Lee", other) == (["Ann Lee", "Ann Lee"], 1)


@pytest.mark.parametrize("name", ["José Núñez", "Zoë", "Йорг", "가나"])
def test_one_person_in_any_unicode_form(name: str) -> None:
    """A Mac and a PC make two people of one."""
    labels, speakers = sonix_speakers(*(unicodedata.normalize(form, name) for form in ("NFC", "NFD")))
    assert (len(set(labels)), speakers) == (1, 1)


@pytest.mark.parametrize("name", ["", " ", "\u00a0", "\u200b", "\u200b \ufeff", "\u2800\u3164"[1], None])
def test_a_blank_or_invisible_name_is_unknown(name: str | None) -> None:
    """Somebody without a name is a known speaker."""
    assert sonix_speakers(name) == ([None], 0)


@pytest.mark.parametrize("name", ["علی‌رضا", "क्‍ष", "👩‍💻"])
def test_joiners_that_belong_to_the_spelling_stay(name: str) -> None:
    """Persian and Indic names are spelled wrong."""
    assert sonix_speakers(name)[0] == [name]


def test_different_people_stay_apart() -> None:
    """Ann and Anna are one."""
    assert sonix_speakers("Ann", "Anna", "ANN")[1] == 3


def test_who_says_nothing_is_no_speaker_and_the_turn_stays() -> None:
    """A segment without words is somebody."""
    assert sonix_speakers("Ann", "Bob", "Ann", empty=(1,)) == (["Ann", "Bob", "Ann"], 1)


def temi_labels(speakers: list[dict[str, Any]], monologues: list[dict[str, Any]]) -> list[str | None]:
    spoken = [{"elements": [{"type": "text", "value": "yes"}], **each} for each in monologues]
    body = json.dumps({"speakers": speakers, "monologues": spoken}).encode()
    return parse_temi(body, source("temi", None)).turns["speaker"].to_pylist()


@pytest.mark.parametrize(
    ("speakers", "monologues", "labels", "why"),
    [
        (
            [{"id": 0, "name": "Speaker 1"}],
            [{"speaker": 0}, {"speaker": 1}],
            ["Speaker 1", "Speaker id 1"],
            "the document's own numbering: id 0 is Speaker 1",
        ),
        (
            [{"id": 0, "name": "Speaker 1 "}],
            [{"speaker": 1}, {"speaker": 0}],
            ["Speaker id 1", "Speaker 1"],
            "whatever the order and the white space",
        ),
        (
            [],
            [{"speaker": 0, "speaker_name": "Speaker 2"}, {"speaker": 2}],
            ["Speaker 2", "Speaker id 2"],
            "named in a monologue",
        ),
        (
            [{"id": 0, "name": "Speaker 1"}, {"id": 2, "name": "Speaker id 1"}],
            [{"speaker": 1}, {"speaker": 2}],
            ["Speaker id 1 (2)", "Speaker id 1"],
            "even then",
        ),
        ([{"id": 3, "name": "\u200b"}], [{"speaker": 3}], ["Speaker 3"], "a name nobody sees is none"),
        ([], [{"speaker": 0}, {"speaker": 1}], ["Speaker 0", "Speaker 1"], "nobody is listed"),
        ([], [{}], [None], "no id"),
    ],
)
def test_a_label_made_up_names_nobody_else(
    speakers: list[dict[str, Any]], monologues: list[dict[str, Any]], labels: list[str | None], why: str
) -> None:
    """What an unlisted speaker says is put into somebody else's mouth."""
    assert temi_labels(speakers, monologues) == labels, why
