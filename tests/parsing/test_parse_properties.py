"""What holds for any payload at all, checked against slow and simple readings of the same payload."""

import itertools
import json
import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from sonitemi_pipelines.errors import PayloadError

SETTINGS = settings(max_examples=150, deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
token_texts = st.text(alphabet="ab1é你のไ' —-\t\v\x1c\x85\N{NO-BREAK SPACE}\0\N{HOT BEVERAGE}", max_size=6)
seconds = st.none() | st.integers(-5, 10_000) | st.floats(-5, 10_000) | st.floats(0, 10_000).map(str)
flags = st.none() | st.booleans()
unknown = st.dictionaries(st.sampled_from(["note", "highlight_color", "x"]), json_values, max_size=2)


def objects(**fields):
    """Objects with any subset of the fields, and sometimes fields nobody knows."""
    return st.builds(lambda known, more: {**known, **more}, st.fixed_dictionaries({}, optional=fields), unknown)


sonix_words = objects(
    text=st.none() | token_texts, start_time=seconds, end_time=seconds, highlight=flags, strikethrough=flags
)
sonix_payloads = st.builds(
    lambda turns, more: {**more, "transcript": turns},
    st.lists(
        objects(
            speaker=st.none() | st.text(max_size=3), start_time=seconds, end_time=seconds, words=st.lists(sonix_words)
        ),
        max_size=4,
    ),
    unknown,
)
ids = st.none() | st.integers(0, 3) | st.sampled_from(["0", "1", ""])
temi_elements = objects(
    type=st.sampled_from(["text", "text", "text", "punct", "tag", "unknown"]),
    value=st.none() | token_texts,
    ts=seconds,
    end_ts=seconds,
)
temi_payloads = st.builds(
    lambda turns, speakers, more: {**more, "speakers": speakers, "monologues": turns},
    st.lists(
        objects(id=ids, speaker=ids, speaker_name=st.none() | st.text(max_size=3), elements=st.lists(temi_elements)),
        max_size=4,
    ),
    st.none() | st.lists(objects(id=ids, name=st.none() | st.text(max_size=3)), max_size=3),
    unknown,
)


def read_naively(payload):
    """Turns as lists of (text, type, struck)."""
    turns = []
    for turn in payload.get("transcript", payload.get("monologues")):
        tokens = turn.get("words", turn.get("elements")) or []
        turns.append(
            [
                (
                    token.get("text", token.get("value")) or "",
                    token.get("type") or "text",
                    bool(token.get("strikethrough")),
                )
                for token in tokens
            ]
        )
    return turns


SPACELESS = (
    *("CJK ", "IDEOGRAPHIC ", "VERTICAL IDEOGRAPHIC ", "HANGZHOU ", "HIRAGANA ", "KATAKANA", "HENTAIGANA "),
    *("HALFWIDTH KATAKANA", "THAI ", "LAO ", "KHMER ", "MYANMAR "),
)


def speaks(token):
    return token[1] == "text" and any(map(str.isalnum, token[0]))


def is_open(token, end):
    """Whether a word may go on across the start (0) or the end (-1) of a token."""
    text, kind, _ = token
    if kind not in ("text", "punct") or not text.strip() or text[end].isspace():
        return False
    letters = [unicodedata.name(c, "") for c in text.split()[end] if c.isalnum()]
    return not (letters and letters[end].startswith(SPACELESS))


def carry_spaces(turns):
    """Whether the tokens of most joints between two words carry a space; where nothing is known, whether any does."""
    with_space = without = 0
    for turn in turns:
        tokens = [token for token in turn if token[0]]
        if not tokens:
            continue
        with_space += tokens[0][0][0].isspace() + tokens[-1][0][-1].isspace()
        spoken = [i for i, token in enumerate(tokens) if speaks(token)]
        for left, right in itertools.pairwise(spoken):
            between = [tokens[left][0][-1], tokens[right][0][0]]
            between += [c for text, _, _ in tokens[left + 1 : right] for c in (text[0], text[-1])]
            if any(map(str.isspace, between)):
                with_space += 1
            elif right == left + 1 and is_open(tokens[left], -1) and is_open(tokens[right], 0):
                without += 1
    return with_space >= without and any(text != text.strip() for turn in turns for text, _, _ in turn)


def count_naively(turns):
    """Words of the joined text, struck ones included: tags and dashes part words, vendor punctuation holds no letters,
    a token of a script without spaces is a word of its own."""
    spaced = carry_spaces(turns)
    total = 0
    for turn in turns:
        tokens = [token for token in turn if token[0]]
        joined = ""
        goes_on = False
        for i, (text, kind, _) in enumerate(tokens):
            if not spaced:
                goes_on_before = goes_on
                goes_on = (
                    0 < i < len(tokens) - 1
                    and kind in ("text", "punct")
                    and text in ("'", "-")
                    and all(speaks(tokens[j]) for j in (i - 1, i + 1))
                    and is_open(tokens[i - 1], -1)
                    and is_open(tokens[i + 1], 0)
                    and tokens[i - 1][0][-1].isalnum()
                    and tokens[i + 1][0][0].isalnum()
                )
                joined += "" if goes_on or goes_on_before else " "
            elif i and not (is_open(tokens[i - 1], -1) and is_open(tokens[i], 0)):
                joined += " "
            if kind == "punct":
                text = "".join(part for part in re.split(r"(\s+)", text) if not any(map(str.isalnum, part)))
            joined += text if kind in ("text", "punct") else " "
        total += sum(any(map(str.isalnum, chunk)) for chunk in re.split(r"\s+|—|--+", joined))
    return total


def refused(parse, body):
    """The line of the PayloadError; None when the payload is read."""
    try:
        parse(body)
    except PayloadError as error:
        return str(error)
    return None


def check(parsed, payload):
    turns = read_naively(payload)
    words, rows = parsed.words.to_pylist(), parsed.turns.to_pylist()
    assert [word["text"] for word in words] == [text.strip() for turn in turns for text, _, _ in turn]
    assert [word["turn_index"] for word in words] == [i for i, turn in enumerate(turns) for _ in turn]
    header = parsed.transcripts.to_pylist()[0]
    assert (header["turn_count"], header["token_count"]) == (len(turns), len(words))
    assert header["word_count"] == count_naively(turns)
    for column in ("word_count", "timed_word_count", "struck_word_count", "phonation_ms"):
        assert all(row[column] >= 0 for row in rows)
    assert sum(row["word_count"] for row in rows) == sum(word["word_count"] for word in words) == header["word_count"]
    assert all(word["word_count"] >= 0 and (word["kind"] == "word" or word["word_count"] == 0) for word in words)
    for row, turn in zip(rows, turns, strict=True):
        kept = "".join(text for text, _, struck in turn if not struck)
        assert "".join(row["text"].split()) == "".join(kept.split())
        own = [word for word in words if word["turn_index"] == row["turn_index"]]
        timed = [word for word in own if word["start_ms"] is not None and word["end_ms"] is not None]
        assert row["timed_word_count"] == sum(word["word_count"] for word in timed)
        assert row["phonation_ms"] == sum(
            max(0, word["end_ms"] - word["start_ms"]) for word in timed if word["kind"] == "word"
        )
        lasting = [word for word in timed if 0 <= word["start_ms"] < word["end_ms"] <= 86_401_000]
        assert all(row["start_ms"] <= word["start_ms"] and word["end_ms"] <= row["end_ms"] for word in lasting)
    for table in (parsed.transcripts, parsed.turns, parsed.words):
        table.validate(full=True)


@SETTINGS
@given(sonix_payloads)
def test_any_sonix_payload_is_read_as_a_slow_reader_reads_it(sonix_body, payload):
    """No combination of spaces, pieces, cuts, untimed words and unknown fields loses or invents a word."""
    check(sonix_body(json.dumps(payload).encode()), payload)


@SETTINGS
@given(temi_payloads)
def test_any_temi_payload_is_read_as_a_slow_reader_reads_it(temi_body, payload):
    """The same for elements of any type."""
    check(temi_body(json.dumps(payload).encode()), payload)


@SETTINGS
@given(sonix_payloads)
def test_no_unknown_field_is_lost(sonix_body, payload):
    """What the vendor sends beyond its document is found again in `extra`, at its place and with its value."""
    parsed = sonix_body(json.dumps(payload).encode())
    known = {"transcript", "speaker", "start_time", "end_time", "words", "text", "highlight", "strikethrough"}

    def beyond(sent):
        return {name: value for name, value in sent.items() if name not in known} or None

    def found(table):
        return [json.loads(extra) if extra else None for extra in table.column("extra").to_pylist()]

    turns = payload["transcript"]
    assert found(parsed.transcripts) == [beyond(payload)]
    assert found(parsed.turns) == [beyond(turn) for turn in turns]
    assert found(parsed.words) == [beyond(word) for turn in turns for word in turn.get("words", [])]


@SETTINGS
@given(sonix_payloads, temi_payloads)
def test_parsing_is_a_pure_function(sonix_body, temi_body, one, other):
    """A second run must find the same revision and rows, whatever was parsed in between."""
    one_body, other_body = json.dumps(one).encode(), json.dumps(other).encode()
    first = sonix_body(one_body)
    second_vendor = temi_body(other_body)
    assert sonix_body(one_body) == first
    assert temi_body(other_body) == second_vendor


@SETTINGS
@given(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_transcript_or_a_payload_error(sonix_body, temi_body, body):
    """Any other exception would end the run for all transcripts, not only this one."""
    for parse in (sonix_body, temi_body):
        refusal = refused(parse, body)
        assert refusal is None or "\n" not in refusal


@SETTINGS
@given(sonix_payloads, st.data())
def test_a_payload_with_anything_put_anywhere_is_read_or_refused(sonix_body, payload, data):
    """Near misses go deeper into the code than noise does."""
    node = payload
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        child = node[key]
        if not isinstance(child, dict | list) or not child or data.draw(st.booleans()):
            node[key] = data.draw(json_values)
            break
        node = child
    refusal = refused(sonix_body, json.dumps(payload).encode())
    assert refusal is None or "\n" not in refusal


@SETTINGS
@given(sonix_payloads, st.integers(min_value=0))
def test_a_payload_cut_short_is_refused(sonix_body, payload, where):
    """A broken connection must never land as a shorter transcript."""
    body = json.dumps(payload).encode()
    assert refused(sonix_body, body[: where % len(body)])
