"""Golden conversations, worked out by hand: fillers, terms, edits, and what makes a transcript doubtful."""

from __future__ import annotations

import pytest

from .talk import Marts, Word, sonix, temi, turn, words


def test_fillers_of_one_and_two_words_struck_ones_told_apart() -> None:
    """Fillers of two words are missed, or those an editor struck are forgotten although they were said."""
    said = turn("Ann", 0, 6000, "Um, you know, it um works")
    said["words"][4]["strikethrough"] = True
    marts = Marts(sonix(said, language="en-US"))
    assert marts.rows("fillers", "speaker", "filler", "occurrences", "struck_occurrences") == [
        ("Ann", "um", 2, 1),
        ("Ann", "you know", 1, 0),
    ]
    assert marts.one("speaker_stats")["filler_rate"] == 50


def test_language_without_a_filler_list_has_unknown_fillers() -> None:
    """A language nobody listed fillers for looks free of fillers."""
    stats = Marts(sonix(turn("Ann", 0, 1000, "um niin"), language="fi")).one("speaker_stats")
    assert (stats["fillers"], stats["filler_rate"]) == (None, None)


def test_temi_is_taken_for_english() -> None:
    """Temi does not say its language, and its transcripts lose fillers and stop words."""
    marts = Marts(temi(("Ann", words("um the garden", 0, 3000))))
    assert marts.one("speaker_stats")["fillers"] == 1
    assert marts.rows("terms", "n", "term", "language") == [(1, "garden", "en")]


def test_terms_count_words_pairs_and_triples_within_a_turn_of_talk() -> None:
    """Pairs reach across speakers, are broken by the vendor's cut, or begin with stop words."""
    marts = Marts(
        sonix(
            turn("Ann", 0, 1000, "The pricing"),
            turn("Ann", 1000, 2000, "model changed."),
            turn("Bob", 2000, 3000, "Pricing model? New pricing"),
            turn("Ann", 3000, 4000, "model!"),
        )
    )
    assert marts.rows("terms", "n", "term", "occurrences", "first_ms") == [
        (1, "changed", 1, 1500),
        (1, "model", 3, 1000),
        (1, "new", 1, 2500),
        (1, "pricing", 3, 500),
        (2, "pricing model", 2, 500),
    ]


def test_tokens_of_several_words_and_pieces_of_one_become_words() -> None:
    """Terms and search miss words because the vendor's tokens are not words."""
    said: list[Word] = [(" prices", 0, 100), (" volatil", 100, 200), ("e if oil", 200, 300), (" .", 300, 300)]
    marts = Marts(sonix(turn("Ann", 0, 300, said)))
    assert [row[0] for row in marts.rows("terms", "term", "n") if row[1] == 1] == ["oil", "prices", "volatile"]
    assert marts.rows("token_index", "token", "positions") == [
        ("if", [2]),
        ("oil", [3]),
        ("prices", [0]),
        ("volatile", [1]),
    ]


def test_temi_edits_against_the_machine() -> None:
    """Word error rate, or who was given whose words, is not what an editor changed."""
    machine = temi(
        ("Speaker 1", words("we met on the read boat", 0, 6000)),
        ("Speaker 2", words("uh fine by me", 7000, 9000)),
        variant="machine",
    )
    latest = temi(
        ("Anna", words("We met on a red boat yesterday, fine", 0, 6000)),
        ("Speaker 2", words("by me.", 8000, 9000)),
    )
    marts = Marts(machine, latest)
    edits = marts.one("transcript_edits", recording_id="job1")
    assert (edits["reference_words"], edits["hits"]) == (10, 7)
    assert (edits["substitutions"], edits["deletions"], edits["insertions"]) == (3, 0, 0)
    assert edits["word_error_rate"] == pytest.approx(0.3)
    assert edits["relabelled_words"] == 2
    assert marts.rows("word_corrections", "machine_term", "latest_term", "kind", "occurrences") == [
        ("read", "red", "substitution", 1),
        ("the", "a", "substitution", 1),
        ("uh", "yesterday", "substitution", 1),
    ]


def test_temi_edits_that_add_and_remove_words() -> None:
    """What the machine missed and what it made up are mixed up."""
    machine = temi(("S", words("so uh we go home", 0, 5000)), variant="machine")
    latest = temi(("S", words("so we go home now", 0, 5000)))
    edits = Marts(machine, latest).one("speaker_edits")
    assert (edits["hits"], edits["insertions"], edits["deletions"], edits["substitutions"]) == (4, 1, 1, 0)
    assert edits["word_error_rate"] == pytest.approx(2 / 5)


def test_unedited_transcript_has_no_word_error_rate() -> None:
    """A transcript that nobody compared looks perfect."""
    edits = Marts(temi(("S", words("so we go", 0, 3000)))).one("transcript_edits")
    assert (edits["word_error_rate"], edits["reference_words"], edits["words"]) == (None, None, 3)


def test_sonix_struck_and_highlighted_share() -> None:
    """What an editor did in Sonix is not seen."""
    said = turn("Ann", 0, 4000, "one two three four")
    said["words"][0]["strikethrough"] = True
    said["words"][1]["highlight"] = said["words"][2]["highlight"] = True
    edits = Marts(sonix(said)).one("transcript_edits")
    assert (edits["struck_share"], edits["highlighted_share"]) == (0.25, 0.5)


@pytest.mark.parametrize(
    ("turns", "duration_ms", "reasons"),
    [
        ([turn("Ann", 0, 10_000, "one two three four")], 10_000, ""),
        ([], 10_000, "no words"),
        ([turn("Ann", 0, 4000, [("one", 0, 1000), ("two", None, None)])], None, "untimed"),
        ([turn("Ann", 0, 4000, [("one", 0, 1000), ("two", 1000, 1000)])], None, "zero length"),
        ([turn("Ann", 0, 4000, [("one", 0, 1000), ("two", 500, 1500)])], None, "overlapping"),
        ([turn("Ann", 0, 9000, [("one", 0, 6000), ("two", 6000, 9000)])], None, "long tokens"),
        ([turn(None, 0, 4000, "one two")], None, "unknown speaker"),
        ([turn("Ann", 0, 4000, "one two")], 9000, "coverage"),
        ([turn("Ann", 0, 4000, "one two")], 2000, "past the end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_reasons_to_distrust_a_transcript(turns: list[dict], duration_ms: int | None, reasons: str) -> None:
    """Numbers of a broken transcript look as good as others."""
    marts = Marts(sonix(*turns, duration_ms=duration_ms))
    quality = marts.one("transcript_quality")
    assert (quality["reasons"], quality["low_quality"]) == (reasons, reasons != "")
    assert [row["low_quality"] for row in marts.rows("conversation_stats")] == [reasons != ""]
