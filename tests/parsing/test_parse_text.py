"""Text and word counts: tokens with and without spaces, pieces of words, cuts. The truth is worked out by hand."""

import pytest

NBSP = "\N{NO-BREAK SPACE}"


def struck(text):
    return {"text": text, "strikethrough": True}


@pytest.mark.parametrize(
    ("tokens", "text", "word_counts"),
    [
        pytest.param(["Hello,", "is", "now"], "Hello, is now", [1, 1, 1], id="no spaces: joined by one"),
        pytest.param([" Hello", " there"], "Hello there", [1, 1], id="leading spaces: joined as they are"),
        pytest.param(["Hello ", "there"], "Hello there", [1, 1], id="trailing spaces"),
        pytest.param(["Hello", " there"], "Hello there", [1, 1], id="first token of a turn without its space"),
        pytest.param(["time to", "go"], "time to go", [2, 1], id="several words in a token"),
        pytest.param([" a whole sentence, yes.", " ok"], "a whole sentence, yes. ok", [4, 1], id="a sentence"),
        pytest.param([" volatil", "e if", " so"], "volatile if so", [1, 1, 1], id="a word in two pieces"),
        pytest.param(
            [" it", " is", " un", "be", "lie", "vable"], "it is unbelievable", [1, 1, 1, 0, 0, 0], id="in four pieces"
        ),
        pytest.param([" growth", ". By"], "growth. By", [1, 1], id="punctuation glued in front"),
        pytest.param([" don", "'", "t"], "don't", [1, 0, 0], id="an apostrophe on its own leaves the word open"),
        pytest.param([' "', "Yes", '"'], '"Yes"', [0, 1, 0], id="a word begins behind its quotation mark"),
        pytest.param([" one", " ", "two"], "one two", [1, 0, 1], id="a blank token closes the word"),
        pytest.param([" one", "", "more"], "onemore", [1, 0, 0], id="an empty token closes nothing"),
        pytest.param([" one", " - ", "two"], "one - two", [1, 0, 1], id="a dash between words"),
        pytest.param([f"one{NBSP}", "two"], f"one{NBSP}two", [1, 1], id="NBSP is white space"),
        pytest.param([f"10{NBSP}000", "men"], f"10{NBSP}000 men", [2, 1], id="NBSP within a token parts words"),
        pytest.param(["one", "", "two"], "one two", [1, 0, 1], id="an empty token adds no second space"),
        pytest.param(
            [" Tea", " \N{EM DASH}", " \N{HOT BEVERAGE}"], "Tea \N{EM DASH} \N{HOT BEVERAGE}", [1, 0, 0], id="emoji"
        ),
        pytest.param(["你好", "世界"], "你好 世界", [1, 1], id="a script without spaces: a token is a word"),
        pytest.param(
            ["今日", "は", "Lucia", "さん", "に、", "お話", " はい"],
            "今日はLuciaさんに、お話 はい",
            [1, 1, 1, 1, 1, 1, 1],
            id="a script without spaces, with one between sentences",
        ),
        pytest.param(["नमस्ते", "जी"], "नमस्ते जी", [1, 1], id="combining marks"),
        pytest.param(
            [" \N{ARABIC-INDIC DIGIT THREE}"], "\N{ARABIC-INDIC DIGIT THREE}", [1], id="a digit of any script"
        ),
        pytest.param(["null", "true"], "null true", [1, 1], id="words that look like JSON"),
    ],
)
def test_tokens_make_text_and_words(sonix_turn, column, tokens, text, word_counts):
    """A wrong joint shows in every search, a wrong count in every speech rate."""
    parsed = sonix_turn(*tokens)
    assert column(parsed.turns, "text") == [text]
    assert column(parsed.words, "word_count") == word_counts
    assert column(parsed.words, "text") == [token.strip() for token in tokens]
    assert column(parsed.turns, "word_count") == [sum(word_counts)]
    assert parsed.transcripts.to_pylist()[0]["word_count"] == sum(word_counts)


def test_a_piece_of_a_word_is_of_kind_word(sonix_turn, column):
    """Its time is speaking time, though the word is counted where it begins."""
    parsed = sonix_turn(" volatil", "e", ",", " ")
    assert column(parsed.words, "kind") == ["word", "word", "punct", "punct"]
    assert column(parsed.turns, "phonation_ms") == [2000]


def test_no_word_goes_on_across_turns(sonix, column):
    """Turn texts are parted by a line break: the next turn's first chunk is a word of its own."""
    parsed = sonix([{"words": [{"text": " one"}]}, {"words": [{"text": "two"}, {"text": "fold"}]}])
    assert column(parsed.words, "word_count") == [1, 1, 0]
    assert parsed.transcripts.to_pylist()[0]["text"] == "one\ntwofold"


def test_spacing_is_a_matter_of_the_whole_transcript(sonix, column):
    """A turn of one piece without spaces must not be joined otherwise than its neighbours."""
    parsed = sonix([{"words": [{"text": "vol"}, {"text": "atile"}]}, {"words": [{"text": " yes"}]}])
    assert column(parsed.turns, "text") == ["volatile", "yes"]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        pytest.param([" We", struck(" really"), " grew"], "We grew", id="a cut in the middle"),
        pytest.param(["We ", struck("really "), "grew"], "We grew", id="trailing spaces"),
        pytest.param(["We ", struck("really"), " grew"], "We grew", id="spaces on both sides become one"),
        pytest.param([" We", struck(" really "), "grew"], "We grew", id="words that only the cut kept apart"),
        pytest.param([" growth", struck(" rates"), ". By"], "growth. By", id="punctuation moves up to the word"),
        pytest.param([" volatil", struck("e"), " if"], "volatil if", id="the rest of a word is cut"),
        pytest.param([struck(" Um,"), " yes"], "yes", id="a cut at the start"),
        pytest.param([" yes", struck(" um")], "yes", id="a cut at the end"),
        pytest.param([struck(" um"), struck(" er")], "", id="everything is cut"),
        pytest.param([" a", struck(" b"), " ", struck(" c"), " d"], "a d", id="a blank between two cuts"),
        pytest.param(["We", struck("really"), "grew"], "We grew", id="tokens without spaces"),
    ],
)
def test_what_is_struck_leaves_no_scar(sonix_turn, column, tokens, text):
    """The final text reads as the editor left it."""
    parsed = sonix_turn(*tokens)
    assert column(parsed.turns, "text") == [text]
    assert parsed.transcripts.to_pylist()[0]["text"] == text


def test_the_space_within_a_turn_that_nobody_cut_stays(sonix_turn, column):
    """Only cuts are tidied; the vendor's own spacing is the vendor's."""
    parsed = sonix_turn(" a", "  b", struck(" c"), " d")
    assert column(parsed.turns, "text") == ["a  b d"]


def test_text_of_turns_is_joined_line_by_line_without_empty_ones(sonix):
    """An empty line would look like a turn in which somebody said nothing."""
    parsed = sonix([{"words": [{"text": t}]} for t in ("One", " ", "Two")])
    assert parsed.transcripts.to_pylist()[0]["text"] == "One\nTwo"


def test_a_tag_glued_to_a_word_does_not_swallow_it(temi_turn, column):
    """What begins behind a tag is a word of its own."""
    parsed = temi_turn(" one", {"type": "tag", "value": "<laugh>"}, "two")
    assert column(parsed.words, "word_count") == [1, 0, 1]
