"""What is not a transcript is refused in one line that names it; what is merely odd gets through."""

import contextlib
import dataclasses
import json

import pytest

from sonitemi_pipelines.errors import PayloadError
from tests.parsed import parse_sonix

NOT_JSON = [
    pytest.param(b"", "empty", id="nothing"),
    pytest.param(b" \n\t ", "empty", id="blank"),
    pytest.param(b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML", id="a login page"),
    pytest.param(b"\n  <html>502</html>", "HTML", id="a proxy's page"),
    pytest.param(b"Martin: [00:00:01] Hello", "malformed", id="the text format"),
    pytest.param(b'{"transcript": [], "monologues": [', "truncated", id="cut short"),
    pytest.param(b'{"transcript": [], "monologues": []} {}', "trailing", id="two documents"),
    pytest.param(b'{"name": "\xff", "transcript": [], "monologues": []}', "not UTF-8 at byte 10", id="not UTF-8"),
    pytest.param(b'{"x": "\xed\xa0\x80", "transcript": [], "monologues": []}', "not UTF-8", id="a raw half pair"),
    pytest.param('{"transcript": [], "monologues": []}'.encode("utf-16"), "not UTF-8", id="UTF-16"),
    pytest.param(b'{"x": NaN, "transcript": [], "monologues": []}', "malformed", id="NaN"),
    pytest.param(b'{"x": -Infinity, "transcript": [], "monologues": []}', "malformed|invalid", id="Infinity"),
    pytest.param(b'{"x": 1e999, "transcript": [], "monologues": []}', "out of range", id="a number beyond doubles"),
    pytest.param(b'{"x": ' + b"[" * 100_000, "nested too deeply", id="nested without end"),
]
NOT_A_TRANSCRIPT = [
    pytest.param(b"[]", "object", id="a list"),
    pytest.param(b"null", "object", id="null"),
    pytest.param(b'"text"', "object", id="a string"),
    pytest.param(b"12", "object", id="a number"),
    pytest.param(b"{}", "missing required field", id="an empty object"),
    pytest.param(b'{"code": 404, "message": "not found"}', "missing required field", id="an error body"),
    pytest.param(b'{"transcript": null, "monologues": null}', "got `null`", id="null in place of the turns"),
    pytest.param(b'{"transcript": "Hi", "monologues": "Hi"}', "Expected `array`", id="text in place of the turns"),
    pytest.param(b'{"transcript": [null], "monologues": [null]}', r"\[0\]", id="null in place of a turn"),
    pytest.param(
        b'{"transcript": [{"words": [3]}], "monologues": [{"elements": [3]}]}',
        r"(words|elements)\[0\]",
        id="a number in place of a token",
    ),
    pytest.param(
        b'{"transcript": [{"words": {}}], "monologues": [{"elements": {}}]}', r"\[0\]\.(words|elements)", id="no list"
    ),
    pytest.param(
        b'{"transcript": [{}, {"words": [{"text": 5}]}], "monologues": [{}, {"elements": [{"value": 5}]}]}',
        r"\[1\]\.(words|elements)\[0\]\.(text|value)",
        id="a number in place of text",
    ),
]


@pytest.mark.parametrize("provider", ["sonix", "temi"])
@pytest.mark.parametrize(("body", "what"), NOT_JSON + NOT_A_TRANSCRIPT)
def test_a_broken_payload_is_refused_in_one_line_that_names_it(sonix_body, temi_body, provider, body, what):
    """An operator reads which transcript of which vendor, what is wrong, and where; the run goes on with the others."""
    with pytest.raises(PayloadError, match=what) as caught:
        {"sonix": sonix_body, "temi": temi_body}[provider](body)
    line = str(caught.value)
    assert line.startswith(f"{provider} transcript 'rec-1' (latest) is not usable: ")
    assert "\n" not in line
    assert len(line) < 300


def test_one_vendors_payload_is_not_the_others(sonix_body, temi_body):
    """A base URL set to the wrong vendor must not land as thousands of empty transcripts."""
    with pytest.raises(PayloadError, match="transcript"):
        sonix_body(b'{"speakers": [], "monologues": []}')
    with pytest.raises(PayloadError, match="monologues"):
        temi_body(b'{"name": "x", "transcript": []}')


def test_a_byte_order_mark_is_no_error(sonix_body, temi_body):
    """Proxies add one; its bytes stay in `raw_payloads`."""
    assert sonix_body(b'\xef\xbb\xbf{"transcript": []}').turns.num_rows == 0
    body = b'\xef\xbb\xbf{"monologues": []}'
    assert temi_body(body).raw_payloads.column("body").to_pylist() == [body]


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
        (r"\udc00", "\N{REPLACEMENT CHARACTER}"),
        (r"\ud83d\ud83d\ude00", "\N{REPLACEMENT CHARACTER}\N{GRINNING FACE}"),
        (r"\ud83d\ude00\udbff", "\N{GRINNING FACE}\N{REPLACEMENT CHARACTER}"),
        (r"\\ud800 \ud800", "\\ud800 \N{REPLACEMENT CHARACTER}"),
        (r"\uD800\u0041", "\N{REPLACEMENT CHARACTER}A"),
    ],
)
def test_half_a_surrogate_pair_costs_one_character_and_not_the_transcript(sonix_body, column, escaped, text):
    """Arrow and Parquet hold only valid text: the half becomes the replacement character."""
    parsed = sonix_body(b'{"transcript": [{"words": [{"text": "%b"}]}]}' % escaped.encode())
    assert column(parsed.words, "text") == [text]


def test_half_a_pair_leaves_unknown_fields_where_they_were(sonix_body):
    """The repair and the second pass work together."""
    parsed = sonix_body(rb'{"transcript": [{"words": [{"text": "\ud800", "color": "\udfff"}]}]}')
    assert json.loads(parsed.words.to_pylist()[0]["extra"]) == {"color": "\N{REPLACEMENT CHARACTER}"}


def test_nul_is_kept_as_sent(sonix_turn, column):
    """A NUL is a character of JSON and of Parquet; text behind it must not be lost."""
    assert column(sonix_turn("a\0b").words, "text") == ["a\0b"]


def test_huge_whole_numbers_in_unknown_fields_are_kept(sonix):
    """Ids beyond 64 bits are kept digit by digit."""
    parsed = sonix([], trace=10**30)
    assert json.loads(parsed.transcripts.to_pylist()[0]["extra"]) == {"trace": 10**30}


def test_an_id_with_line_breaks_makes_one_line(sonix_body):
    """Ids come from outside: a crafted one must not write lines of its own into the log."""
    crafted = dataclasses.replace(sonix_body(b'{"transcript": []}').source, recording_id="x\nERROR all is lost")
    with pytest.raises(PayloadError) as caught:
        parse_sonix(b"", crafted)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("depth", range(900, 1000, 3))
def test_nesting_near_the_limit_is_kept_or_refused(sonix_body, depth):
    """Reading and writing nested JSON reach the limit at different depths: neither may end the run."""
    body = b'{"transcript": [], "quality_score": ' + b"[" * depth + b"]" * depth + b"}"
    with contextlib.suppress(PayloadError):
        assert sonix_body(body).transcripts.to_pylist()[0]["extra"].count("[") == depth
