"""One form for comparing: the same word in any encoding is one term, one filler, no error."""

from __future__ import annotations

import unicodedata

import pytest

from sonitemi_pipelines.parsing.terms import term_of
from tests.marts.talk import Marts, Word, sonix, temi, turn, words


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("café", "cafe\u0301", "composed and decomposed"),
        ("мой", "мои\u0306", "in Cyrillic"),
        ("가", "\u1100\u1161", "in Korean"),
        ("don't", "don’t", "typewriter and typographic apostrophe"),
        ("don't", "don‘t", "the wrong one"),
        ("don't", "donʼt", "the modifier letter"),
        ("don't", "don´t", "an acute accent in its place"),
        ("don't", "don`t", "a grave accent in its place"),
        ("l'homme", "l＇homme", "full width"),
        ("full", "ｆｕｌｌ", "full width letters"),
        ("カナ", "ｶﾅ", "half width kana"),
        ("fine", "ﬁne", "a ligature"),
        ("cooperate", "co\u00adoperate", "a soft hyphen"),
        ("word", "wo\u200brd", "a zero width space"),
        ("word", "\ufeffword", "a byte order mark"),
        ("well-known", "well\u2011known", "a hyphen that does not break"),
        ("well-known", "well\u2010known", "the typographic hyphen"),
        ("λόγος", "ΛΌΓΟΣ", "final sigma and capitals"),
        ("λόγος", "λόγοσ", "a sigma that is not final"),
        ("word", "“Word,”", "punctuation around"),
        ("straße", "Straße", "capitals"),
        ("½", "1⁄2", "a fraction"),
    ],
)
def test_equal_words_have_one_term(one: str, other: str, why: str) -> None:
    """Identical speech has errors, and a filler is none."""
    assert term_of(one) == term_of(other), why


@pytest.mark.parametrize(
    ("one", "other"),
    [("resume", "résumé"), ("мои", "мой"), ("かき", "かぎ"), ("कला", "काला"), ("wont", "won't"), ("3.5", "35")],
)
def test_different_words_have_two_terms(one: str, other: str) -> None:
    """Errors are not seen: marks are dropped by the search only."""
    assert term_of(one) != term_of(other)


@pytest.mark.parametrize(
    ("shown", "term"),
    [("3.5,", "3.5"), ("U.S.", "u.s"), ("and/or", "and/or"), ("***,", "***"), ("“Yes!”", "yes"), ("का।", "का")],
)
def test_punctuation_around_goes_and_inside_stays(shown: str, term: str) -> None:
    """Numbers and masked words lose what makes them."""
    assert term_of(shown) == term


@pytest.mark.parametrize(
    ("machine", "latest", "why"),
    [
        ("das ähm café", "das a\u0308hm cafe\u0301", "decomposed"),
        ("I don't know", "I don’t know", "apostrophes"),
        ("the well-known find", "the well\u2011known ﬁnd", "hyphen and ligature"),
        ("ο λόγος", "ο ΛΌΓΟΣ", "sigma"),
        ("twenty people came", "Twenty people came.", "case and punctuation"),
    ],
)
def test_the_same_speech_has_no_errors(machine: str, latest: str, why: str) -> None:
    """An editor who changed only the encoding is said to have found errors."""
    marts = Marts(temi(("A", words(machine, 0, 3000)), variant="machine"), temi(("A", words(latest, 0, 3000))))
    assert marts.one("transcript_edits")["word_error_rate"] == 0, why


@pytest.mark.parametrize(
    ("language", "said", "filler"),
    [
        ("de", "ähm ja", "ähm"),
        ("de_DE", unicodedata.normalize("NFD", "ähm ja"), "ähm"),
        ("German", "Ähm, ja", "ähm"),
        ("en_US", "um yes", "um"),
        (" en ", "um yes", "um"),
        ("eng", "um yes", "um"),
        ("English", "um yes", "um"),
        ("en-GB", "you know yes", "you know"),
        ("es-en", "um sí", "um"),
        ("es-en", "este sí", "este"),
    ],
)
def test_fillers_are_found_however_language_and_word_are_written(language: str, said: str, filler: str) -> None:
    """A language code of another spelling has no fillers; nor has text of a Mac."""
    marts = Marts(sonix(turn("Ann", 0, 2000, said), language=language))
    assert marts.rows("fillers", "filler", "occurrences") == [(filler, 1)]
    assert marts.one("speaker_stats")["fillers"] == 1


def test_a_filler_of_two_words_is_no_term_and_no_part_of_one() -> None:
    """'you know' is what every conversation is about."""
    said = "you know pricing works you know pricing works"
    marts = Marts(sonix(turn("Ann", 0, 8000, said), language="en"))
    assert marts.rows("terms", "n", "term", "occurrences") == [
        (1, "pricing", 2),
        (1, "works", 2),
        (2, "pricing works", 2),
    ]


def test_a_filler_cut_by_the_vendor_is_one_filler() -> None:
    """A vendor's cut between two words of one speaker makes a filler two words."""
    marts = Marts(sonix(turn("Ann", 0, 900, "so you"), turn("Ann", 900, 2000, "know it"), language="en"))
    assert marts.rows("fillers", "filler", "occurrences") == [("you know", 1)]


def test_masked_words_are_words_and_errors_but_no_terms() -> None:
    """A masked word is not counted, or is what the call is about."""
    machine: list[Word] = [("the", 0, 1), ("***", 1, 2), ("thing", 2, 3)]
    marts = Marts(temi(("A", machine), variant="machine"), temi(("A", words("the damned thing", 0, 3000))))
    assert marts.one("transcript_edits")["word_error_rate"] == pytest.approx(1 / 3)
    assert [row["term"] for row in marts.rows("terms") if row["variant"] == "machine"] == ["thing"]
