"""Temi payloads as they really come: every row and number is worked out by hand."""

import json

import pytest


def test_the_documents_sample_becomes_the_lakes_rows(temi_body, column):
    """The vendor's own example: one speaker, two timed words."""
    body = b"""{"speakers": [{"id": 0, "name": "Speaker 1"}], "monologues": [{"id": 0, "speaker": 0,
        "speaker_name": "Speaker 1", "elements": [
        {"type": "text", "value": "Hi", "ts": 33.83, "end_ts": 33.92},
        {"type": "text", "value": "there", "ts": 33.94, "end_ts": 34.49}]}]}"""
    parsed = temi_body(body, title="Sample Audio.mp3", duration_ms=120_000)
    header = parsed.transcripts.to_pylist()[0]
    assert (header["title"], header["text"], header["language"]) == ("Sample Audio.mp3", "Hi there", None)
    turn = parsed.turns.to_pylist()[0]
    assert (turn["speaker"], turn["start_ms"], turn["end_ms"]) == ("Speaker 1", 33_830, 34_490)
    assert turn["phonation_ms"] == 90 + 550
    assert column(parsed.words, "start_ms") == [33_830, 33_940]
    assert column(parsed.words, "end_ms") == [33_920, 34_490]


def test_spaces_and_punctuation_as_elements_make_plain_text(temi_turn, column):
    """The sibling's way to write: words, and between them untimed punct elements for spaces and marks."""
    parsed = temi_turn(
        {"type": "text", "value": "Well", "ts": 1, "end_ts": 2},
        {"type": "punct", "value": ", "},
        {"type": "text", "value": "yes", "ts": 2, "end_ts": 3},
        {"type": "punct", "value": "."},
        {"type": "punct", "value": " "},
    )
    assert parsed.turns.to_pylist()[0]["text"] == "Well, yes."
    assert column(parsed.words, "kind") == ["word", "punct", "word", "punct", "punct"]
    assert column(parsed.words, "word_count") == [1, 0, 1, 0, 0]
    assert column(parsed.words, "text") == ["Well", ",", "yes", ".", ""]
    assert column(parsed.words, "start_ms") == [1000, None, 2000, None, None]


def test_punctuation_without_spaces_attaches_to_the_word_before(temi_turn):
    """'yes .' would not be found by a search for 'yes.'"""
    parsed = temi_turn("Well", {"type": "punct", "value": ","}, "yes", {"type": "punct", "value": "."})
    assert parsed.turns.to_pylist()[0]["text"] == "Well, yes."


def test_punctuation_by_the_vendors_word_is_none_of_ours(temi_turn, column):
    """What Temi calls punct holds no word, even with a letter in it."""
    parsed = temi_turn("rock", {"type": "punct", "value": " n "}, "roll")
    assert column(parsed.words, "kind") == ["word", "punct", "word"]
    assert column(parsed.words, "word_count") == [1, 0, 1]


def test_a_tag_is_a_tag_and_no_word(temi_turn, column):
    """A laugh counts neither as a word nor as phonation; its time, as far as given, is kept."""
    parsed = temi_turn(
        {"type": "text", "value": "Ha", "ts": 1, "end_ts": 1.5},
        {"type": "tag", "value": "<laugh>", "ts": 2},
        {"type": "tag", "value": "<cough>", "ts": 3, "end_ts": 4},
    )
    turn = parsed.turns.to_pylist()[0]
    assert column(parsed.words, "kind") == ["word", "tag", "tag"]
    assert column(parsed.words, "word_count") == [1, 0, 0]
    assert column(parsed.words, "start_ms") == [1000, 2000, 3000]
    assert column(parsed.words, "end_ms") == [1500, None, 4000]
    assert (turn["word_count"], turn["phonation_ms"], turn["end_ms"]) == (1, 500, 4000)
    assert turn["text"] == "Ha <laugh> <cough>"


@pytest.mark.parametrize("element_type", ["unknown", "crosstalk", "Text"])
def test_an_element_type_not_known_is_a_tag_that_keeps_its_type(temi_turn, element_type):
    """A type that Temi adds tomorrow neither stops the sync nor is counted as speech."""
    parsed = temi_turn("Hi", {"type": element_type, "value": "<?>", "confidence": 0.5})
    words = parsed.words.to_pylist()
    assert (words[1]["kind"], words[1]["word_count"]) == ("tag", 0)
    assert json.loads(words[1]["extra"]) == {"type": element_type, "confidence": 0.5}
    assert words[0]["extra"] is None


def test_an_unknown_type_alone_is_kept(temi_turn):
    """The type is kept even when no field is unknown."""
    words = temi_turn("Hi", {"type": "unknown", "value": "<?>"}).words.to_pylist()
    assert [word["extra"] for word in words] == [None, '{"type":"unknown"}']


@pytest.mark.parametrize("element", [{"value": "Hi"}, {"type": None, "value": "Hi"}])
def test_an_element_without_a_type_is_text(temi_turn, element):
    """Temi omits what is empty."""
    parsed = temi_turn(element)
    assert parsed.words.to_pylist()[0]["kind"] == "word"


def test_text_without_a_letter_or_digit_is_punctuation(temi_turn, column):
    """A dash or an empty value sent as text is not a word."""
    parsed = temi_turn("-", {"type": "text"}, "7", "...")
    assert column(parsed.words, "kind") == ["punct", "punct", "word", "punct"]
    assert column(parsed.words, "word_count") == [0, 0, 1, 0]
    assert parsed.turns.to_pylist()[0]["text"] == "- 7 ..."


@pytest.mark.parametrize(
    ("monologue", "speaker"),
    [
        ({"speaker": 1}, "Grace"),
        ({"speaker": "1"}, "Grace"),
        ({"speaker": 1.0}, "Grace"),
        ({"speaker": 1, "speaker_name": "Other"}, "Grace"),
        ({"speaker": 9, "speaker_name": "Alan"}, "Alan"),
        ({"speaker": 9}, "Speaker 9"),
        ({"speaker": 9, "speaker_name": ""}, "Speaker 9"),
        ({"speaker": 2}, "Speaker 2"),
        ({"speaker": 2, "speaker_name": "Alan"}, "Alan"),
        ({"speaker": 0}, "Zero"),
        ({"speaker_name": "Alan"}, "Alan"),
        ({"speaker": None}, None),
        ({}, None),
    ],
)
def test_a_speaker_is_named_by_the_list_then_the_monologue_then_the_id(temi, monologue, speaker):
    """A speaker that the list lacks would otherwise lose every word they said to nobody."""
    listed = [{"id": "0", "name": "Zero"}, {"id": 1, "name": "Grace"}, {"id": 2, "name": " "}]
    parsed = temi([{**monologue, "elements": [{"type": "text", "value": "Hi"}]}], speakers=listed)
    assert parsed.turns.to_pylist()[0]["speaker"] == speaker
    assert parsed.words.to_pylist()[0]["speaker"] == speaker


@pytest.mark.parametrize("top", [{"speakers": None}, {"speakers": []}])
def test_no_list_of_speakers_is_no_error(temi, top):
    """Absent fields are omitted by Temi."""
    assert temi([{"speaker": 3, "elements": []}], **top).turns.to_pylist()[0]["speaker"] == "Speaker 3"


def test_monologues_stay_in_the_order_sent_whatever_their_ids(temi, column):
    """Ids are unsorted and gapped in real editor output; sorting by them would shuffle the conversation."""
    parsed = temi([{"id": i, "speaker": 0, "elements": [{"value": t}]} for i, t in ((7, "a"), (2, "b"), (None, "c"))])
    assert parsed.transcripts.to_pylist()[0]["text"] == "a\nb\nc"
    assert column(parsed.turns, "turn_index") == [0, 1, 2]


def test_untimed_words_count_as_words_and_never_as_time(temi_turn):
    """Half the spans of real editor output are untimed: rates divide timed words by time."""
    parsed = temi_turn({"value": "One", "ts": 1, "end_ts": 1.25}, "two", {"value": "three", "ts": 2}, "four")
    turn = parsed.turns.to_pylist()[0]
    assert (turn["word_count"], turn["timed_word_count"], turn["phonation_ms"]) == (4, 1, 250)
    assert (turn["start_ms"], turn["end_ms"]) == (1000, 1250)


def test_a_monologue_with_nothing_timed_has_no_times(temi_turn):
    """0 in place of NULL would put it at the start of the media."""
    turn = temi_turn("no", "times").turns.to_pylist()[0]
    assert (turn["start_ms"], turn["end_ms"], turn["phonation_ms"], turn["timed_word_count"]) == (None, None, 0, 0)


def test_fields_beyond_the_document_are_kept_where_they_stood(temi):
    """Unknown fields go to `extra`, those of the speakers' list to the transcript's."""
    parsed = temi(
        [{"id": 0, "speaker": 0, "mood": "calm", "elements": [{"value": "Hi", "confidence": 0.25}, {"value": "you"}]}],
        speakers=[{"id": 0, "name": "Ada", "role": "host"}, {"id": 1, "name": "Bo"}],
        version=3,
    )
    assert json.loads(parsed.transcripts.to_pylist()[0]["extra"]) == {
        "version": 3,
        "speakers": [{"id": 0, "name": "Ada", "role": "host"}],
    }
    assert json.loads(parsed.turns.to_pylist()[0]["extra"]) == {"mood": "calm"}
    assert [word["extra"] for word in parsed.words.to_pylist()] == ['{"confidence":0.25}', None]
    assert parsed.turns.to_pylist()[0]["speaker"] == "Ada"


@pytest.mark.parametrize("monologue", [{}, {"elements": None}, {"elements": []}])
def test_a_monologue_without_elements_is_a_turn_without_words(temi, monologue):
    """It keeps its place and its speaker."""
    parsed = temi([{"speaker": 0, **monologue}])
    assert parsed.turns.to_pylist()[0]["speaker"] == "Speaker 0"
    assert (parsed.turns.num_rows, parsed.words.num_rows) == (1, 0)
