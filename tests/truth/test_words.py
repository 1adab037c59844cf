"""What a word is: each kind of token stream with the words it says, and why."""

from __future__ import annotations

import pytest

from tests.parsed import spoken_words

from .conftest import Read

SPACED = (" so", " it", " is", " then")
"""Enough of one spacing that the tokens under test are few beside it."""
BARE = ("so", "it", "is", "then")


@pytest.mark.parametrize(
    ("tokens", "shown", "why"),
    [
        # ---- spacing is what most joints say
        (["We", "met", "Ann ", "in", "the", "park"], "We met Ann in the park", "one space among tokens without"),
        (["Wir", " trafen", "Anna", "im", "Park", "dort"], "Wir trafen Anna im Park dort", "the same, in front"),
        (["on", "a", "vu ", "Anne", "hier", "soir"], "on a vu Anne hier soir", "a blank behind"),
        ([*SPACED, "gone"], "so it is thengone", "one without a space among many is a piece"),
        ([" Это", " бы", "ло", " давно", " тут"], "Это было давно тут", "a piece, in Russian"),
        (["今日", "は", "晴れ", " はい"], "今日 は 晴れ はい", "no script of spaces: each token a word"),
        (["สวัสดี", "ครับ"], "สวัสดี ครับ", "the same in Thai"),
        # ---- a sentence end without a space parts
        ([*SPACED, " ended.", "Next", " time"], "so it is then ended. Next time", "the next token begins a sentence"),
        ([*SPACED, " fini.", "Après"], "so it is then fini. Après", "with an accent"),
        ([*SPACED, " ended.Next"], "so it is then ended. Next", "within a token"),
        ([*SPACED, " wirklich?", "ja"], "so it is then wirklich? ja", "a question mark, whatever follows"),
        ([*SPACED, " है।", "अब"], "so it is then है। अब", "a danda"),
        ([*SPACED, " yes,but"], "so it is then yes, but", "no word goes on behind a comma"),
        ([*SPACED, " 3.5", " 1,000", " U.S."], "so it is then 3.5 1,000 U.S.", "numbers and initials stay whole"),
        ([*SPACED, " U.", "S.", " said"], "so it is then U.S. said", "in pieces too"),
        ([*SPACED, " Ph.D.", " e.g.", " example.com"], "so it is then Ph.D. e.g. example.com", "titles, names"),
        ([*SPACED, " p.m.", " EU:n"], "so it is then p.m. EU:n", "a colon within a Finnish word"),
        # ---- pieces keep what stands between them
        ([*SPACED, " 3", ".", "5"], "so it is then 3.5", "a number is not 35"),
        ([*SPACED, " don", "'", "t"], "so it is then don't", "a contraction"),
        ([*SPACED, " twenty", "-", "two"], "so it is then twenty-two", "a compound"),
        ([*BARE, "3", ".", "5"], "so it is then 3.5", "without spaces the same"),
        ([*BARE, "don", "'", "t"], "so it is then don't", "without spaces the same"),
        ([*BARE, "l", "’", "homme"], "so it is then l’homme", "in French, another apostrophe"),
        ([*BARE, "twenty", "-", "two"], "so it is then twenty-two", "without spaces the same"),
        ([*BARE, "1", ",", "000"], "so it is then 1,000", "a thousand"),
        ([*BARE, "1", ",", "2"], "so it is then 1 2", "counting"),
        ([*SPACED, " volatil", "e if"], "so it is then volatile if", "the rest of a word with the next one"),
        ([*SPACED, " growth", ". By"], "so it is then growth By", "punctuation glued in front is nobody's word"),
        # ---- dashes and ellipses without spaces part, hyphens do not
        ([*SPACED, " train—which"], "so it is then train— which", "an em dash"),
        ([*SPACED, " Zug–der"], "so it is then Zug– der", "an en dash"),
        ([*SPACED, " um…I", " wait...what"], "so it is then um… I wait... what", "ellipses"),
        ([*SPACED, " no--yes"], "so it is then no-- yes", "two hyphens are a dash"),
        ([*SPACED, " train", "—", "which"], "so it is then train— which", "in tokens of its own"),
        ([*SPACED, " well-known", " mother-in-law"], "so it is then well-known mother-in-law", "hyphens"),
        # ---- what stands for speech without letters, and what does not though it has a digit
        ([*SPACED, " ***", " you"], "so it is then *** you", "masked speech"),
        ([*BARE, "****", "off"], "so it is then **** off", "masked speech"),
        ([*SPACED, " f***"], "so it is then f***", "half masked"),
        ([*SPACED, " *", " ok"], "so it is then ok", "a bullet"),
        ([*SPACED, " 1️⃣", " #️⃣", " ☕"], "so it is then", "keycaps and other emoji"),
        ([*SPACED, " ½", " ٣"], "so it is then ½ ٣", "digits of any kind"),
        # ---- white space as Python knows it
        ([*SPACED, " a\vb", " c\x1cd", " e\x85f"], "so it is then a b c d e f", "separators of all kinds"),
        ([*SPACED, " 10\u00a0000", " x\u2003y"], "so it is then 10 000 x y", "NBSP, em space"),
        ([*SPACED, " a\u200bb"], "so it is then a\u200bb", "a zero width space is none"),
    ],
)
def test_words_of_tokens(sonix: Read, tokens: list[str], shown: str, why: str) -> None:
    """Word counts, rates, terms, search and error rates all count something else than what was said."""
    parsed = sonix(*tokens)
    found = spoken_words(parsed)["shown"].to_pylist()
    # A word may hold a space in front only for this comparison: join and split as people read it.
    assert " ".join(map(str, found)) == shown, why
    counted = [count or 0 for count in parsed.words["word_count"].to_pylist()]
    assert parsed.transcripts["word_count"].to_pylist() == [len(found)] == [sum(counted)]
    assert parsed.turns["word_count"].to_pylist() == [len(found)]
    begun = spoken_words(parsed)["word_index"].to_pylist()
    assert [begun.count(i) for i in range(len(tokens))] == counted


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["We", "met", "Ann ", "in", "the", "park"], "We met Ann in the park"),
        ([*SPACED, " ended.", "Next", " time"], "so it is then ended. Next time"),
        ([*SPACED, " train", "—", "which"], "so it is then train—which"),
        ([*BARE, "don", "'", "t"], "so it is then don't"),
        ([*BARE, "3", ".", "5", "metres"], "so it is then 3.5 metres"),
    ],
)
def test_text_of_a_turn_reads_as_its_words(sonix: Read, tokens: list[str], text: str) -> None:
    """The text people read has other words than those counted."""
    assert sonix(*tokens).turns["text"].to_pylist() == [text]


def test_one_token_with_a_space_among_a_thousand_changes_one_word(sonix: Read) -> None:
    """An editor's single blank turns a thousand words into two, or its absence one into a thousand."""
    without = ["word"] * 1000
    assert sonix(*without[:500], "word ", *without[501:]).transcripts["word_count"].to_pylist() == [1000]
    spaced = [" word"] * 1000
    assert sonix(*spaced[:500], "word", *spaced[501:]).transcripts["word_count"].to_pylist() == [999]


@pytest.mark.parametrize(
    ("tokens", "language", "words"),
    [
        ([" so", " [laughter]", " yes"], "en", ["so", "yes"]),
        ([" so", " [inaudible 00:03:12]", " yes"], "en", ["so", "yes"]),
        ([" so", " [inaudible", " 00:03:12]", " yes"], "en", ["so", "yes"]),
        ([" so", " (crosstalk)", " yes"], "en", ["so", "yes"]),
        ([" so", " <Laughter>,", " yes"], "en", ["so", "yes"]),
        ([" so", " yes [laughs, applause] no"], "en", ["so", "yes", "no"]),
        ([" also", " [Gelächter]", " ja"], "de-AT", ["also", "ja"]),
        ([" also", " (unverständlich)", " ja"], "de", ["also", "ja"]),
        ([" alors", " (rires)", " oui"], "fr", ["alors", "oui"]),
        ([" entonces", " [risas]", " sí"], "es-MX", ["entonces", "sí"]),
        (["はい", "（笑）", "そう"], "ja", ["はい", "そう"]),
        ([" also", " [laughter]", " ja"], "de", ["also", "ja"]),
        ([" so", " (which", " I", " like)", " yes"], "en", ["so", "(which", "I", "like)", "yes"]),
        ([" so", " (he", " laughed)"], "en", ["so", "(he", "laughed)"]),
        ([" la", " (musique de chambre)"], "fr", ["la", "(musique", "de", "chambre)"]),
        ([" so", " [2019]", " yes"], "en", ["so", "[2019]", "yes"]),
    ],
)
def test_remarks_in_brackets_are_tags_other_brackets_are_not(
    sonix: Read, tokens: list[str], language: str, words: list[str]
) -> None:
    """Laughter counts as a word, or what somebody really said in passing does not."""
    parsed = sonix(*tokens, language=language)
    assert spoken_words(parsed)["shown"].to_pylist() == words


def test_a_remark_is_of_kind_tag_and_no_speech(sonix: Read) -> None:
    """Laughter of five seconds counts as five seconds of speech."""
    parsed = sonix(" so", " [laughter]", " [inaudible", " 00:03:12]", " yes")
    assert parsed.words["kind"].to_pylist() == ["word", "tag", "tag", "tag", "word"]
    assert parsed.turns["phonation_ms"].to_pylist() == [2000]


def test_pieces_last_from_the_first_to_the_last(sonix: Read) -> None:
    """A word in pieces ends where its first piece does."""
    rows = spoken_words(sonix(*SPACED, " don", "'", "t")).to_pylist()
    last = rows[-1]
    assert (last["shown"], last["term"], last["word_index"]) == ("don't", "don't", 4)
    assert (last["start_ms"], last["end_ms"]) == (4000, 7000)


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        (["I", "don", ("punct", "'"), "t", "know", ("punct", ".")], ["I", "don't", "know"]),
        (["pay", "3", ("punct", "."), "5", "million", ("punct", ",")], ["pay", "3.5", "million"]),
        (["twenty", ("punct", "-"), "two", "people"], ["twenty-two", "people"]),
        (["one", ("tag", "<laugh>"), "two"], ["one", "two"]),
        (["we", ("text", " "), "met", ("text", " "), "Ann", ("text", " "), "there"], ["we", "met", "Ann", "there"]),
        (["it", "costs", "5", ("punct", "."), "Then", "we", "left"], ["it", "costs", "5", "Then", "we", "left"]),
    ],
)
def test_words_of_temi_elements(temi: Read, elements: list[str | tuple[str, str]], words: list[str]) -> None:
    """Punctuation in elements of its own makes one word three."""
    assert spoken_words(temi(*elements))["shown"].to_pylist() == words
