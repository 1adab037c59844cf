"""Where words begin and end in what vendors send: pieces, glued punctuation, struck words, scripts without spaces."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.export import FORMATS, ExportOptions, Script, load_script, written
from sonitemi_pipelines.export.script import joined, placed
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from tests.parsed import parse_sonix, parse_temi


def _script(folder: Path, provider: str, body: dict[str, Any], duration_ms: int | None = None) -> Script:
    source = Source(provider, "r", "latest", dt.date(2026, 3, 1), dt.datetime(2026, 3, 2), duration_ms=duration_ms)
    lake = Lake(str(folder / "lake"), lock_folder=folder)
    parse = parse_sonix if provider == "sonix" else parse_temi
    commit_transcripts(lake, [parse(json.dumps(body).encode(), source)])
    return load_script(lake, provider, "r")


def _sonix(*tokens: str, struck: str = "") -> dict[str, Any]:
    words = [
        {"text": token, "start_time": n, "end_time": n + 1, "strikethrough": token.strip() in struck.split("|")}
        for n, token in enumerate(tokens)
    ]
    return {"transcript": [{"speaker": "Ann", "words": words}]}


def _words(script: Script, *, struck: bool = False) -> list[str]:
    return [word.text for turn in script.with_struck(struck).turns for word in turn.words]


@pytest.mark.parametrize(
    ("tokens", "words", "text"),
    [
        ([" time to", " go"], ["time", "to", "go"], "time to go"),
        ([" volatil", "e if", " so"], ["volatile", "if", "so"], "volatile if so"),
        ([" here", ". By", " now"], ["here.", "By", "now"], "here. By now"),
        ([" don", "'", "t"], ["don't"], "don't"),
        ([" twenty", "-", "two"], ["twenty-two"], "twenty-two"),
        ([" (", "yes", ")", " no"], ["(yes)", "no"], "(yes) no"),
        ([" a", " ", " b"], ["a", "b"], "a b"),
        (["今天", "天气", "很好", "。", " ok"], ["今天", "天气", "很好。", "ok"], "今天天气很好。 ok"),
        (["hello", "there", "***"], ["hello", "there", "***"], "hello there ***"),
    ],
)
def test_a_caption_reads_as_the_transcript_does(tmp_path: Path, tokens: list[str], words: list[str], text: str) -> None:
    """Pieces of one word with a space between, or words run together, are not what was said."""
    script = _script(tmp_path, "sonix", _sonix(*tokens))
    assert _words(script) == words
    assert joined(script.turns[0].words) == text


def test_a_token_of_several_words_shares_its_time_by_letters(tmp_path: Path) -> None:
    """Two words at one and the same time cannot both be in a tier."""
    script = _script(tmp_path, "sonix", _sonix(" ab cdef gh"))
    assert [word.span for word in script.turns[0].words] == [(0, 250), (250, 750), (750, 1000)]


@pytest.mark.parametrize(
    ("tokens", "struck", "without", "with_struck"),
    [
        ([" one", " two", " three"], "two", "one three", "one two three"),
        ([" one", " two", ", three"], "one", "two, three", "one two, three"),
        ([" one", "."], "one", ".", "one."),
        (["今天", "天气", "很", "好", " ok"], "天气", "今天很好 ok", "今天天气很好 ok"),
    ],
)
def test_struck_words_come_back_where_they_were_said(
    tmp_path: Path, tokens: list[str], struck: str, without: str, with_struck: str
) -> None:
    script = _script(tmp_path, "sonix", _sonix(*tokens, struck=struck))
    plain = ExportOptions(speakers=False)
    assert written(script, FORMATS["txt"], plain) == without + "\n"
    assert written(script, FORMATS["txt"], ExportOptions(speakers=False, struck=True)) == with_struck + "\n"


def test_temi_punctuation_attaches_to_the_word_before(tmp_path: Path) -> None:
    elements = [
        {"type": "text", "value": "Well", "ts": 0.0, "end_ts": 0.5},
        {"type": "punct", "value": ","},
        {"type": "text", "value": "yes", "ts": 0.6, "end_ts": 0.9},
        {"type": "tag", "value": "laugh", "ts": 1.0},
        {"type": "punct", "value": "."},
    ]
    script = _script(tmp_path, "temi", {"speakers": [], "monologues": [{"speaker": 0, "elements": elements}]})
    assert _words(script)[:2] == ["Well,", "yes"]
    assert script.turns[0].words[0].span == (0, 500)


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (0.0, 0.0, None),  # inserted by an editor
        (4.0, 3.0, None),
        (9.0, 9000.0, (9_000, 10_000)),
        (8000.0, 9000.0, None),
        (9.5, 10.2, (9_500, 10_200)),  # lengths are rounded
    ],
)
def test_a_time_that_cannot_be_stretches_nothing(
    tmp_path: Path, start: float, end: float, span: tuple[int, int] | None
) -> None:
    """One end of hours would keep its caption on the screen to the end."""
    words = [
        {"text": " a", "start_time": 1.0, "end_time": 2.0},
        {"text": " b", "start_time": start, "end_time": end},
    ]
    body = {"transcript": [{"speaker": "Ann", "words": words}]}
    script = _script(tmp_path, "sonix", body, duration_ms=10_000)
    assert [word.span for word in script.turns[0].words] == [(1_000, 2_000), span]


def test_lines_lengths_and_names_are_as_asked_for(tmp_path: Path) -> None:
    script = _script(tmp_path, "sonix", _sonix(*" the quick brown fox jumps".replace(" ", "| ").strip("|").split("|")))
    narrow = ExportOptions(line_length=12, lines=1, max_seconds=60)
    blocks = written(script, FORMATS["srt"], narrow).strip().split("\n\n")
    assert [block.splitlines()[2:] for block in blocks] == [["Ann: the"], ["quick brown"], ["fox jumps"]]
    short = ExportOptions(max_seconds=1, speakers=False)
    assert [block.splitlines()[2] for block in written(script, FORMATS["srt"], short).strip().split("\n\n")] == [
        "the",
        "quick",
        "brown",
        "fox",
        "jumps",
    ]


def _turns(*turns: str) -> dict[str, Any]:
    """Monologues of words such as 'yes@1000-1400', or 'yes' without times; speakers take turns."""
    monologues = []
    for number, turn in enumerate(turns):
        elements = []
        for word in turn.split():
            text, timed, times = word.partition("@")
            start, _, end = times.partition("-")
            span = {"ts": int(start) / 1000, "end_ts": int(end) / 1000} if timed else {}
            elements.append({"type": "text", "value": text, **span})
        monologues.append({"speaker": number % 2, "elements": elements})
    return {"speakers": [{"id": 0, "name": "Ann"}, {"id": 1, "name": "Bo"}], "monologues": monologues}


@pytest.mark.parametrize(
    ("turns", "spans"),
    [
        # The end of a turn reaches to the next one.
        (["a@0-500 bb cc", "d@1300-1500"], [(0, 500), (500, 900), (900, 1300), (1300, 1500)]),
        # The beginning of a turn reaches to the one before.
        (["a@0-500", "bb cc d@1300-1500"], [(0, 500), (500, 900), (900, 1300), (1300, 1500)]),
        # Both, and turns between without any time, one after the other.
        (
            ["a@0-500 bb", "cc", "dd", "ee f@2100-2300"],
            [(0, 500), (500, 900), (900, 1300), (1300, 1700), (1700, 2100), (2100, 2300)],
        ),
        # Nobody says two letters in a minute.
        (["a@0-500 bb", "cc d@61000-61500"], [(0, 500), (500, 900), (60600, 61000), (61000, 61500)]),
        # Where there is no room there is none, and nothing that is timed moves.
        (["a@0-500 bb", "cc d@500-900"], [(0, 500), (500, 500), (500, 500), (500, 900)]),
        (["a@0-900 bb", "cc d@500-800"], [(0, 900), (900, 900), (500, 500), (500, 800)]),
        # Before everything that is timed, and behind.
        (["bb a@1000-1500"], [(600, 1000), (1000, 1500)]),
        (["a@0-500 bb", "cc"], [(0, 500), (500, 620), (620, 740)]),
    ],
)
def test_words_retyped_at_the_edge_of_a_turn_are_long_enough_to_read(
    tmp_path: Path, turns: list[str], spans: list[tuple[int, int]]
) -> None:
    """An editor's words have no times; captions of them flashed for a millisecond, or two turns stood at once."""
    script = _script(tmp_path, "temi", _turns(*turns), duration_ms=90_000)
    assert [word.span for turn in placed(script) for word in turn.words] == spans
