"""Sonix payloads as they really come: every row and number is worked out by hand."""

import hashlib
import json

import pytest

from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TRANSCRIPTS, TURNS, WORDS

DOCUMENT_SAMPLE = {
    "name": "Phone Call with John",
    "transcript": [
        {
            "speaker": "Martin",
            "start_time": 1.32,
            "end_time": 8.55,
            "words": [
                {"text": "Hello,", "start_time": 1.32, "end_time": 1.58},
                {"text": "is", "start_time": 1.58, "end_time": 1.8},
                {"text": "now", "start_time": 1.8, "end_time": 1.87},
                {"text": "still", "start_time": 1.87, "end_time": 2.32},
                {"text": "a", "start_time": 3.83, "end_time": 3.95},
                {"text": "good", "start_time": 3.95, "end_time": 4.26},
                {"text": "time to", "start_time": 4.26, "end_time": 6.65},
                {"text": "chat?", "start_time": 6.69, "end_time": 8.55},
            ],
        },
        {
            "speaker": "John",
            "start_time": 10.24,
            "end_time": 16.33,
            "words": [
                {"text": "Yes,", "start_time": 10.24, "end_time": 10.46},
                {"text": "lets", "start_time": 10.46, "end_time": 12.9},
                {"text": "chat.", "start_time": 12.9, "end_time": 16.33},
            ],
        },
    ],
}


def test_the_documents_sample_becomes_the_lakes_rows(sonix_body, column):
    """The vendor's own example is read as a person reads it: two speakers, twelve words, text with single spaces."""
    parsed = sonix_body(json.dumps(DOCUMENT_SAMPLE).encode(), language="en", duration_ms=17_000)
    header = parsed.transcripts.to_pylist()[0]
    assert header["title"] == "Phone Call with John"
    assert header["language"] == "en"
    assert header["duration_ms"] == 17_000
    assert (header["speaker_count"], header["turn_count"], header["token_count"], header["word_count"]) == (
        2,
        2,
        11,
        12,
    )
    assert header["text"] == "Hello, is now still a good time to chat?\nYes, lets chat."
    assert header["extra"] is None
    martin, john = parsed.turns.to_pylist()
    assert (martin["speaker"], martin["start_ms"], martin["end_ms"], martin["word_count"]) == ("Martin", 1320, 8550, 9)
    # 260 + 220 + 70 + 450 + 120 + 310 + 2390 + 1860
    assert martin["phonation_ms"] == 5680
    assert (john["speaker"], john["start_ms"], john["end_ms"], john["phonation_ms"]) == ("John", 10_240, 16_330, 6090)
    assert column(parsed.words, "word_index") == list(range(11))
    assert column(parsed.words, "turn_index") == [0] * 8 + [1] * 3
    assert column(parsed.words, "speaker") == ["Martin"] * 8 + ["John"] * 3
    assert column(parsed.words, "word_count") == [1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    assert set(column(parsed.words, "kind")) == {"word"}


def test_tables_have_exactly_the_lakes_schemas(sonix_body):
    """A column of another type or nullability would make the commit to the lake fail."""
    parsed = sonix_body(json.dumps(DOCUMENT_SAMPLE).encode())
    assert parsed.transcripts.schema == TRANSCRIPTS.schema
    assert parsed.turns.schema == TURNS.schema
    assert parsed.words.schema == WORDS.schema
    assert parsed.raw_payloads.schema == RAW_PAYLOADS.schema
    for table in (parsed.transcripts, parsed.turns, parsed.words, parsed.raw_payloads):
        table.validate(full=True)


def test_the_payloads_bytes_are_kept_as_they_came(sonix_body):
    """Without the exact bytes a later release could not parse again, and `revision` would not prove anything."""
    body = b' {"transcript": [ ],  "name": "x"}\n'
    parsed = sonix_body(body)
    raw = parsed.raw_payloads.to_pylist()[0]
    assert raw["body"] == body
    assert raw["revision"] == parsed.revision == hashlib.sha256(body).hexdigest()
    assert parsed.transcripts.to_pylist()[0]["revision"] == parsed.revision


def test_struck_words_are_spoken_but_not_in_the_text(sonix_turn, column):
    """An editor's deletion leaves speaking time and word counts as they were and goes from the text."""
    parsed = sonix_turn("We", {"text": " really", "strikethrough": True}, {"text": " grew.", "highlight": True})
    turn = parsed.turns.to_pylist()[0]
    assert turn["text"] == "We grew."
    assert (turn["word_count"], turn["struck_word_count"], turn["highlighted_word_count"]) == (3, 1, 1)
    assert turn["phonation_ms"] == 3000
    assert column(parsed.words, "struck") == [False, True, False]
    assert column(parsed.words, "highlighted") == [False, False, True]
    assert column(parsed.words, "text") == ["We", "really", "grew."]


@pytest.mark.parametrize("speaker", ["", "  ", None])
def test_a_blank_speaker_is_unknown(sonix, speaker):
    """ "" as a name would show up in every per-speaker table as a speaker without a name."""
    parsed = sonix([{"speaker": speaker, "words": [{"text": "Hi"}]}, {"words": [{"text": "there"}]}])
    assert parsed.turns.column("speaker").null_count == 2
    assert parsed.words.column("speaker").null_count == 2
    assert parsed.transcripts.column("speaker_count").to_pylist() == [0]


def test_neighbours_of_one_speaker_stay_the_turns_the_vendor_cut(sonix, column):
    """Turns are the vendor's; joining them is a matter of the marts."""
    parsed = sonix([{"speaker": "Ada", "words": [{"text": t}]} for t in ("One.", "Two.")])
    assert column(parsed.turns, "text") == ["One.", "Two."]
    assert parsed.transcripts.column("speaker_count").to_pylist() == [1]


@pytest.mark.parametrize(
    ("sent", "score", "extra"),
    [
        (None, None, None),
        ("97.36", 97.36, None),
        (88, 88.0, None),
        (91.5, 91.5, None),
        ("", None, None),
        ("good", None, {"quality_score": "good"}),
        ("NaN", None, {"quality_score": "NaN"}),
        ([1], None, {"quality_score": [1]}),
        (True, None, {"quality_score": True}),
    ],
)
def test_quality_score_comes_as_null_text_or_number(sonix, sent, score, extra):
    """The score is a number whatever it was sent as, and what is none is not lost."""
    header = sonix([], quality_score=sent).transcripts.to_pylist()[0]
    assert header["quality_score"] == score
    assert (json.loads(header["extra"]) if header["extra"] else None) == extra


def test_fields_beyond_the_document_are_kept_where_they_stood(sonix):
    """Nothing the vendor sends is dropped: unknown fields go to `extra` of the transcript, the turn, the word."""
    word = {"text": "Hi", "start_time": 0, "end_time": 1, "highlight_color": "#ffee00", "confidence": {"asr": [0.5]}}
    parsed = sonix(
        [{"speaker": "Ada", "note": "check", "completed": True, "words": [word, {"text": "there"}]}, {"words": []}],
        media_id="m1",
        folder=None,
    )
    assert json.loads(parsed.transcripts.to_pylist()[0]["extra"]) == {"media_id": "m1", "folder": None}
    turns, words = parsed.turns.to_pylist(), parsed.words.to_pylist()
    assert json.loads(turns[0]["extra"]) == {"note": "check", "completed": True}
    assert turns[1]["extra"] is None
    assert json.loads(words[0]["extra"]) == {"highlight_color": "#ffee00", "confidence": {"asr": [0.5]}}
    assert words[1]["extra"] is None
    assert (words[0]["text"], words[0]["start_ms"], words[0]["end_ms"], turns[0]["word_count"]) == ("Hi", 0, 1000, 2)


def test_an_empty_transcript_is_a_header_without_turns(sonix):
    """Media without speech is a transcript that is there and says nothing."""
    parsed = sonix([])
    header = parsed.transcripts.to_pylist()[0]
    assert (header["turn_count"], header["token_count"], header["word_count"], header["speaker_count"]) == (0, 0, 0, 0)
    assert header["text"] == ""
    assert parsed.turns.num_rows == parsed.words.num_rows == 0


@pytest.mark.parametrize(
    "segment", [{"speaker": "Ada"}, {"speaker": "Ada", "words": None}, {"speaker": "Ada", "words": []}]
)
def test_a_segment_without_words_is_a_turn_without_words(sonix, segment):
    """Between two spoken turns it must not shift the counts of its neighbours."""
    spoken = {"speaker": "Bo", "words": [{"text": "Hi", "start_time": 1, "end_time": 2}]}
    parsed = sonix([spoken, {**segment, "start_time": 2, "end_time": 2.5}, spoken])
    turns = parsed.turns.to_pylist()
    assert [turn["word_count"] for turn in turns] == [1, 0, 1]
    assert [turn["phonation_ms"] for turn in turns] == [1000, 0, 1000]
    assert [(turn["start_ms"], turn["end_ms"]) for turn in turns] == [(1000, 2000), (2000, 2500), (1000, 2000)]
    assert turns[1]["text"] == ""
    assert parsed.transcripts.to_pylist()[0]["text"] == "Hi\nHi"


def test_the_payloads_own_language_and_name_win_over_the_listing(sonix_body):
    """A translation says its language itself; the listing knows only the original's."""
    body = b'{"name": "", "language": "es", "transcript": []}'
    header = sonix_body(body, language="en", title="Listed").transcripts.to_pylist()[0]
    assert (header["language"], header["title"]) == ("es", "Listed")


def test_a_doubled_key_takes_the_last_as_json_readers_do(sonix_body, column):
    """Two readers that disagree on a doubled key would make the lake differ from the payload."""
    parsed = sonix_body(b'{"transcript": [{"words": [{"text": "a", "text": "b"}]}]}')
    assert column(parsed.words, "text") == ["b"]
